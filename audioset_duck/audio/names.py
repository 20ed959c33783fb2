"""The names of audio files: their endings, and the YouTube ids in them."""

from __future__ import annotations

import contextlib
import posixpath
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

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
# Names of what may hold the id of a clip, in JSON and as columns, the most telling first.
ID_NAMES = ("ytid", "video_id", "youtube_id", "segment_id", "clip_id", "id", "filename", "key")
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


def ending_of(path: str) -> str:
    r"""The ending of a name, in lower case, with its dot; folders are divided by / or \."""
    # Not by pathlib, which keeps a part of the memory of each name for ever.
    return posixpath.splitext(posixpath.basename(path.replace("\\", "/")))[1].lower()


@contextlib.contextmanager
def id_finder() -> Iterator[Callable[[Sequence[tuple[str | None, str]]], list[bool]]]:
    """A function that tells files of a clip from others, by `main.audio_file_readings`.

    It takes for each file the id that stands beside it, or None, and its path.
    """
    with duckdb.connect() as connection:
        create_macros(connection)

        def have_ids(files: Sequence[tuple[str | None, str]]) -> list[bool]:
            rows = connection.execute(
                "select len(main.audio_file_readings(name, path)) > 0 from"
                " (select unnest($names::varchar[]) as name, unnest($paths::varchar[]) as path)",
                {"names": [name for name, _ in files], "paths": [path for _, path in files]},
            ).fetchall()
            return [found for (found,) in rows]

        yield have_ids
