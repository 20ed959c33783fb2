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
from typing import Any, Self

from audioset_duck.audio.members import MAX_NUMBER, Member, MemberError, too_large
from audioset_duck.audio.names import AUDIO_ENDINGS, ID_NAMES, OTHER_ENDING, Skipped, ending_of
from audioset_duck.errors import AudiosetDuckError

log = logging.getLogger(__name__)

_MOST_JSON_BYTES = 10_000_000
# Headers that hold what does not fit into the next one, such as a long name, are read as a whole.
_EXTENSIONS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_MOST_HEADER_BYTES = 2**14
# Zlib packs at most 1,032 bytes into one.
_MOST_PACKED = 1032
_LINKS = "that are links or devices"
_SPARSE = "that are sparse, which only tar itself unpacks"
_DAMAGED = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, IndexError)


class _Header(tarfile.TarInfo):
    """The header of a member.

    What Python's own takes for the end of the archive, or reads until memory is full, is an error.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a header; raise ReadError if it is invalid, and HeaderError at the end."""
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if buf.strip(b"\0"):
                raise tarfile.ReadError(str(error)) from None
            raise
        _check_size(header)
        if header.type in _EXTENSIONS and header.size > _MOST_HEADER_BYTES:
            raise tarfile.ReadError(f"it has a header of {header.size:,} bytes")
        return header

    def _proc_gnusparse_10(self, *_: Any) -> None:
        """Leave the map of a sparse file, which may have no end, where it is."""


def list_members(archive: Path, skipped: Skipped) -> Iterator[Member]:
    """List the audio files in a tar archive, from its headers.

    A JSON of the same sample of WebDataset may have an id: the one of the same name up to the last
    dot, else the only one of the same name up to the first dot.

    Args:
        archive: The archive.
        skipped: Where other members are counted.

    Raises:
        AudiosetDuckError: It is not a tar archive, or an empty one.
    """
    found: list[tarfile.TarInfo] = []
    ids: dict[str, str] = {}
    groups: defaultdict[str, set[str]] = defaultdict(set)
    most_bytes = archive.stat().st_size * _MOST_PACKED if _is_gzipped(archive) else MAX_NUMBER
    try:
        with _open(archive) as opened:
            info = None
            for info in opened:
                # A header beside it can change the size.
                _check_size(info, most_bytes)
                if not info.isfile() and not info.isdir():
                    skipped.add(_LINKS, f"{archive}/{info.name}")
                elif info.issparse() or "GNU.sparse.major" in info.pax_headers:
                    skipped.add(_SPARSE, f"{archive}/{info.name}")
                elif info.isfile() and ending_of(info.name) in AUDIO_ENDINGS:
                    found.append(info)
                elif info.isfile() and info.name.lower().endswith(".json"):
                    if name := _id_in(opened, info):
                        ids[posixpath.splitext(info.name)[0]] = name
                        groups[_group(info.name)].add(info.name)
                elif info.isfile():
                    skipped.add(OTHER_ENDING, f"{archive}/{info.name}")
            if info is None:
                raise tarfile.ReadError("it has no files")
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
    """Open an archive, or several that were joined; names may have any encoding."""
    return tarfile.open(
        archive,
        "r|gz" if _is_gzipped(archive) else "r:",
        tarinfo=_Header,
        encoding="utf-8",
        errors="replace",
        ignore_zeros=True,
    )


def _check_size(info: tarfile.TarInfo, most_bytes: int = MAX_NUMBER) -> None:
    """Raise ReadError if a member cannot have the size that its header gives."""
    if not 0 <= info.size <= min(most_bytes, MAX_NUMBER - info.offset_data):
        raise tarfile.ReadError(f"{info.name} would have {info.size:,} bytes")


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
    # JSON can have halves of characters, which no catalog stores.
    return next(
        (value.encode(errors="replace").decode() for value in values if isinstance(value, str)),
        None,
    )
