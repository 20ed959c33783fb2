"""Zip archives of audio, also split ones: listed, and read member by member."""

from __future__ import annotations

import functools
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from audioset_duck.audio.members import MAX_NUMBER, Member, MemberError, too_large
from audioset_duck.audio.names import AUDIO_ENDINGS, OTHER_ENDING, Skipped, ending_of
from audioset_duck.audio.split_archives import count_volumes, list_packed, unpack
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import file_version

try:
    # Its inflate takes three fifths of zlib's time, its checksum a fifteenth.
    from isal import isal_zlib as fast_zlib
except ImportError:
    fast_zlib = zlib  # type: ignore[misc]

# Compression methods that unpack no more than is asked for, by the names that 7z gives them.
_METHODS = {zipfile.ZIP_STORED: "Store", zipfile.ZIP_DEFLATED: "Deflate"}
# The header before the bytes of a member. Source: APPNOTE.TXT of PKWARE, 4.3.7.
_HEADER = struct.Struct("<4s22xHH")
_SIGNATURE = b"PK\x03\x04"
COMPRESSED = "in compressed archives, to be extracted with audioset-duck extract"
_DAMAGED = "the archive has no intact copy of it"


def list_members(archive: Path, skipped: Skipped) -> Iterator[Member]:
    """List the audio files in a zip archive, from its central directory.

    Args:
        archive: The archive; the last part, if it is split.
        skipped: Where other members are counted.

    Raises:
        AudiosetDuckError: It is not a zip archive, its central directory is damaged, or it is
            split and a part of it, or 7z, is missing.
    """
    if count_volumes(archive) > 1:
        listed = [
            # A name that is not UTF-8 is kept only for 7z.
            (packed.name.encode(errors="replace").decode(), number, packed.packed_size, packed.size)
            for number, packed in enumerate(list_packed(archive))
        ]
    else:
        try:
            with zipfile.ZipFile(archive) as opened:
                listed = [
                    (info.filename, info.header_offset, info.compress_size, info.file_size)
                    for info in opened.infolist()
                ]
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise AudiosetDuckError(
                f"{archive} is not a complete zip archive ({error}); download it again"
            ) from None
    # A name twice: the last one counts, as in other programs.
    last = {name.replace("\\", "/"): numbers for name, *numbers in listed}
    for name, numbers in last.items():
        if ending_of(name) in AUDIO_ENDINGS:
            yield Member(None, name, 0, *(min(number, MAX_NUMBER) for number in numbers))
        elif not name.endswith("/"):
            skipped.add(OTHER_ENDING, f"{archive}/{name}")


def list_stored(archive: Path, skipped: Skipped) -> Iterator[Member]:
    """List the audio files that are stored in a zip archive, with where their bytes begin.

    Args:
        archive: The archive.
        skipped: Where members that are compressed are counted, and split archives.

    Raises:
        AudiosetDuckError: It is not a zip archive, or its central directory is damaged.
    """
    members = list(list_members(archive, skipped))
    if count_volumes(archive) > 1:
        skipped.add(COMPRESSED, archive)
        return
    opened, infos = _opened(archive, file_version(archive))
    for member in members:
        info, end = infos[member.header_offset]
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 0x1:
            skipped.add(COMPRESSED, f"{archive}/{member.member}")
            continue
        try:
            begin = _begin(opened, info)
        except MemberError as error:
            skipped.add("that are damaged", f"{archive}/{member.member}: {error}")
            continue
        if begin + info.file_size <= end:
            yield member._replace(header_offset=begin)


def read_members(archive: Path, places: Sequence[tuple[int, int]]) -> Iterator[bytes | MemberError]:
    """Read members of a zip archive, and check their CRCs.

    Args:
        archive: The archive.
        places: Of each member, where its header begins, or its number in a split archive,
            ascending, and a size that is not used.

    Yields:
        The bytes of each member, or why it cannot be read: it is encrypted, larger than any clip,
        damaged, or neither stored nor deflated. With other methods, a few bytes may unpack to
        gigabytes at once.

    Raises:
        OSError: The archive cannot be read.
    """
    if count_volumes(archive) == 1:
        for header_offset, _ in places:
            try:
                yield _read_member(archive, header_offset)
            except MemberError as error:
                yield error
        return
    members = [list_packed(archive)[number] for number, _ in places]
    refusals = [_refusal(member.is_encrypted, member.size, member.method) for member in members]
    readable = [member for member, refusal in zip(members, refusals, strict=True) if not refusal]
    unpacked = unpack(archive, readable)
    for refusal in refusals:
        if refusal:
            yield refusal
        elif (data := next(unpacked)) is not None:
            yield data
        else:
            yield MemberError("corrupted", "7z finds no intact copy of it in the archive")


def _read_member(archive: Path, header_offset: int) -> bytes:
    opened, members = _opened(archive, file_version(archive))
    info, end = members[header_offset]
    method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
    if refusal := _refusal(bool(info.flag_bits & 0x1), info.file_size, method):
        raise refusal
    if not 0 <= info.header_offset <= end - info.compress_size:
        raise MemberError("corrupted", "the archive has other members at its place")
    descriptor = opened.fp.fileno()  # type: ignore[union-attr]
    packed = os.pread(descriptor, info.compress_size, _begin(opened, info))
    data = packed if method == "Store" else _inflate(packed, info.file_size)
    if len(data) != info.file_size:
        raise MemberError("corrupted", f"it has {len(data)} bytes; expected {info.file_size}")
    if fast_zlib.crc32(data) != info.CRC:
        raise MemberError("corrupted", f"{_DAMAGED}: its checksum is wrong")
    return data


def _begin(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin, behind its header.

    Raises:
        MemberError: The header is not there, or is that of another member.
    """
    descriptor = opened.fp.fileno()  # type: ignore[union-attr]
    header = os.pread(descriptor, _HEADER.size, info.header_offset)
    if len(header) < _HEADER.size or header[:4] != _SIGNATURE:
        raise MemberError("corrupted", f"{_DAMAGED}: there is no header")
    _, name_bytes, extra_bytes = _HEADER.unpack(header)
    begin = info.header_offset + _HEADER.size
    encoding = "utf-8" if info.flag_bits & 0x800 else "cp437"
    if os.pread(descriptor, name_bytes, begin) != info.orig_filename.encode(encoding):
        raise MemberError("corrupted", f"{_DAMAGED}: another name is in its header")
    return int(begin + name_bytes + extra_bytes)


def _inflate(packed: bytes, size: int) -> bytes:
    """Unpack deflated bytes, but no more than one byte too many: a zip bomb states a wrong size."""
    try:
        return bytes(fast_zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1))
    except (zlib.error, fast_zlib.error) as error:  # type: ignore[misc]
        raise MemberError("corrupted", f"{_DAMAGED}: {error}") from None


@functools.lru_cache(maxsize=1)
def _opened(
    archive: Path, version: tuple[int, ...]
) -> tuple[zipfile.ZipFile, dict[int, tuple[zipfile.ZipInfo, int]]]:
    """Open an archive and keep it open: one with 50,000 members takes half a second to open.

    A process may live longer than an archive: of another `version`, it is opened again.

    Members are given by their offsets, each with the offset of the next one. Of two members at the
    same offset the first counts, which then has no room.
    """
    opened = zipfile.ZipFile(archive)
    infos = sorted(opened.infolist(), key=lambda info: info.header_offset)
    ends = [info.header_offset for info in infos[1:]] + [opened.start_dir]
    members: dict[int, tuple[zipfile.ZipInfo, int]] = {}
    for info, end in zip(infos, ends, strict=True):
        members.setdefault(min(info.header_offset, MAX_NUMBER), (info, end))
    return opened, members


def _refusal(is_encrypted: bool, size: int, method: str) -> MemberError | None:
    """Why a member must not be unpacked; None if it can be."""
    if is_encrypted:
        return MemberError("unsupported", "it is encrypted")
    if method not in _METHODS.values():
        return MemberError(
            "unsupported", f"it is compressed by {method}; expected stored or deflated"
        )
    return too_large(size)
