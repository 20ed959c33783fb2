"""Tar archives of audio, plain or gzipped, also those of WebDataset."""

from __future__ import annotations

import gzip
import json
import logging
import posixpath
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from audioset_duck.audio.members import Member, MemberError, too_large
from audioset_duck.audio.names import AUDIO_ENDINGS, ID_NAMES, OTHER_ENDING, Skipped, ending_of
from audioset_duck.errors import AudiosetDuckError

log = logging.getLogger(__name__)

_MOST_JSON_BYTES = 10_000_000
_LINKS = "that are links"
_DAMAGED = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError)


def list_members(archive: Path, skipped: Skipped) -> Iterator[Member]:
    """List the audio files in a tar archive, from its headers.

    A JSON of the same sample of WebDataset may have an id: the one of the same name up to the last
    dot, else the only one of the same name up to the first dot.

    Args:
        archive: The archive.
        skipped: Where other members are counted.

    Raises:
        AudiosetDuckError: It is not a tar archive.
    """
    found: list[tarfile.TarInfo] = []
    ids: dict[str, str] = {}
    groups: defaultdict[str, set[str]] = defaultdict(set)
    try:
        with _open(archive) as opened:
            for info in opened:
                if info.issym() or info.islnk():
                    skipped.add(_LINKS, f"{archive}/{info.name}")
                elif info.isfile() and ending_of(info.name) in AUDIO_ENDINGS:
                    found.append(info)
                elif info.isfile() and info.name.lower().endswith(".json"):
                    if name := _id_in(opened, info):
                        ids[posixpath.splitext(info.name)[0]] = name
                        groups[_group(info.name)].add(info.name)
                elif info.isfile():
                    skipped.add(OTHER_ENDING, f"{archive}/{info.name}")
    except _DAMAGED as error:
        if not found:
            raise AudiosetDuckError(
                f"{archive} is not a tar archive, or is cut short ({error}); download it again"
            ) from None
        log.warning(
            "%s is cut short or damaged (%s): its first %d files are taken; download it again",
            archive,
            error,
            len(found),
        )
    for info in found:
        stem = posixpath.splitext(info.name)[0]
        if stem not in ids and len(others := groups[_group(info.name)]) == 1:
            stem = posixpath.splitext(*others)[0]
        yield Member(ids.get(stem), info.name, 0, info.offset_data, info.size, info.size)


def read_members(archive: Path, places: Sequence[tuple[int, int]]) -> Iterator[bytes | MemberError]:
    """Read members of a tar archive.

    Args:
        archive: The archive.
        places: Of each member, where its bytes begin, ascending, and its size in bytes.

    Yields:
        The bytes of each member, or why it cannot be read.

    Raises:
        OSError: The archive cannot be read.
    """
    with gzip.open(archive) if _is_gzipped(archive) else archive.open("rb") as stream:
        for place, size in places:
            if error := too_large(size):
                yield error
                continue
            try:
                stream.seek(place)
                data = stream.read(size)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                yield MemberError("corrupted", f"the archive is cut short or damaged: {error}")
                continue
            yield (
                data
                if len(data) == size
                else MemberError("corrupted", f"the archive has {len(data)} of its {size} bytes")
            )


def _open(archive: Path) -> tarfile.TarFile:
    return tarfile.open(archive, "r|gz" if _is_gzipped(archive) else "r:")


def _is_gzipped(archive: Path) -> bool:
    return archive.suffix.lower() in (".gz", ".tgz")


def _group(member: str) -> str:
    """What the files of a sample of WebDataset have in common: the name up to its first dot."""
    folder, _, name = member.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def _id_in(opened: tarfile.TarFile, info: tarfile.TarInfo) -> str | None:
    """The id in a JSON, if it has one."""
    stream = opened.extractfile(info) if info.size <= _MOST_JSON_BYTES else None
    if stream is None:
        return None
    try:
        content = json.load(stream)
    except (ValueError, RecursionError):
        return None
    values = [content.get(key) for key in ID_NAMES] if isinstance(content, dict) else []
    return next((value for value in values if isinstance(value, str)), None)
