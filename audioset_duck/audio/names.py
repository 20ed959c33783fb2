"""The names of audio files: their endings, and the YouTube ids in them."""

from __future__ import annotations

import contextlib
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import duckdb

from audioset_duck.catalog.relations import create_macros

# What libsndfile reads, by the formats that it reports.
FORMATS = {
    ".wav": ("WAV", "WAVEX", "RF64", "W64"),
    ".flac": ("FLAC",),
    ".mp3": ("MP3", "MPEG"),
    ".ogg": ("OGG",),
    ".oga": ("OGG",),
    ".opus": ("OGG",),
}
# Of video downloads. libsndfile does not read them.
OTHER_ENDINGS = (".m4a", ".webm", ".mp4", ".aac", ".mka")
# Those of FFmpeg that read one file only; a playlist would read others.
DEMUXERS = "aac,aiff,au,caf,flac,matroska,mov,mp3,ogg,w64,wav"
AUDIO_ENDINGS = (*FORMATS, *OTHER_ENDINGS)
_STARTS = {b"fLaC": ".flac", b"OggS": ".ogg", b"ID3": ".mp3"}
OTHER_ENDING = "with other endings"
NO_ID = "without a YouTube id in the name"


def sniffed_ending(data: bytes) -> str:
    """The ending of audio without a name, by its first bytes; .wav if they are of no format."""
    for start, ending in _STARTS.items():
        if data.startswith(start):
            return ending
    return ".mp3" if data[:1] == b"\xff" else ".wav"


class Skipped:
    """The files that a command skips, counted by reason, with an example of each.

    Attributes:
        counts: Number of files by reason.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def add(self, reason: str, example: object, count: int = 1) -> None:
        """Count files, of which one is named."""
        self.counts[reason] += count
        self._examples.setdefault(reason, str(example))

    def __str__(self) -> str:
        return "; ".join(
            f"{count:,} {reason}, such as {self._examples[reason]}"
            for reason, count in self.counts.most_common()
        )


# Not by pathlib, which keeps a part of the memory of each name for ever.
def stem_of(path: str) -> str:
    r"""The name of a file or member without its ending, below folders divided by / or \."""
    return posixpath.splitext(posixpath.basename(path.replace("\\", "/")))[0]


def ending_of(path: str) -> str:
    """The ending of a name, in lower case, with its dot."""
    return posixpath.splitext(posixpath.basename(path.replace("\\", "/")))[1].lower()


@contextlib.contextmanager
def id_finder() -> Iterator[IdFinder]:
    """An `IdFinder`, as long as the block lasts."""
    with duckdb.connect() as connection:
        create_macros(connection)
        yield IdFinder(connection)


class IdFinder:
    """Tells names with a YouTube id from others, by `main.audio_name_readings`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def have_ids(self, names: Sequence[str]) -> list[bool]:
        """Whether each name, without its ending, contains an id."""
        rows = self._connection.execute(
            "select len(main.audio_name_readings(name)) > 0 from (select unnest($1) as name)",
            [list(names)],
        ).fetchall()
        return [found for (found,) in rows]


def audio_names(
    paths: Iterable[str], finder: IdFinder, skipped: Skipped, batch: int = 10_000
) -> Iterator[tuple[str, str]]:
    """The paths that name audio of a clip, each with the name of the file without its ending.

    Args:
        paths: Paths of files or members of archives.
        finder: Looks for ids.
        skipped: Where the others are counted.
        batch: How many paths are held at once.
    """
    waiting: list[str] = []

    def found() -> Iterator[tuple[str, str]]:
        stems = [stem_of(path) for path in waiting]
        for path, stem, has_id in zip(waiting, stems, finder.have_ids(stems), strict=True):
            if has_id:
                yield path, stem
            else:
                skipped.add(NO_ID, path)
        waiting.clear()

    for path in paths:
        if ending_of(path) not in AUDIO_ENDINGS:
            skipped.add(OTHER_ENDING, path)
            continue
        waiting.append(path)
        if len(waiting) == batch:
            yield from found()
    yield from found()
