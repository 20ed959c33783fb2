"""Zip archives of audio: found in a folder, listed, and read member by member."""

from __future__ import annotations

import functools
import glob
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from audioset_duck.audio.split_archives import count_volumes, list_packed, unpack
from audioset_duck.audio.validation import Status
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import check_utf8

# A 10 s clip of 32 kHz 16-bit mono has 640,044 bytes; 8 channels of 192 kHz float have 61 MB.
MAX_MEMBER_BYTES = 64_000_000
# Compression methods that unpack no more than is asked for, by the names that 7z gives them.
_METHODS = {zipfile.ZIP_STORED: "Store", zipfile.ZIP_DEFLATED: "Deflate"}
# The largest number that a catalog can store; a damaged archive may contain larger ones.
_MAX_NUMBER = 2**63 - 1
_MEMBER = re.compile(r"Y?([0-9A-Za-z_-]{11})\.wav", re.IGNORECASE)


class MemberError(Exception):
    """A member of an archive that cannot be read, or must not be.

    Attributes:
        status: The status of its clip: `corrupted`, `unsupported` or `wrong_format`.
        reason: Why, in a sentence.
    """

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def find_archives(folder: Path) -> list[Path]:
    """List all zip archives below a folder, with endings in any case.

    Raises:
        AudiosetDuckError: The folder does not exist, contains no archive, or contains one whose
            name is not UTF-8.
    """
    if not folder.is_dir():
        raise AudiosetDuckError(
            f"there is no folder {folder}; name the folder of the archives with --archives"
        )
    archives = sorted(
        check_utf8(path)
        for path in folder.rglob("*")
        if path.suffix.lower() == ".zip" and path.is_file()
    )
    if not archives:
        raise AudiosetDuckError(
            f"{folder} contains no .zip; expected the folder of balanced_train_segments.zip,"
            " eval_segments.zip and unbalanced_train_segments/"
        )
    return archives


class Member(NamedTuple):
    """A clip in an archive.

    Attributes:
        ytid: Its YouTube id.
        member: Name in the archive.
        header_offset: Where it starts, in bytes; in a split archive, its number.
        packed_bytes: Size in the archive.
        bytes: Size when unpacked.
    """

    ytid: str
    member: str
    header_offset: int
    packed_bytes: int
    bytes: int


def fingerprint(archive: Path) -> str:
    """Sizes and times of an archive and its parts, which change when one of them is replaced."""
    volumes = archive.parent.glob(f"{glob.escape(archive.stem)}.[zZ][0-9]*")
    stats = [path.stat() for path in (archive, *volumes)]
    return f"{sum(stat.st_size for stat in stats)}:{max(stat.st_mtime_ns for stat in stats)}"


def list_members(archive: Path) -> list[Member]:
    """List the clips in an archive, from its central directory.

    Members that are not named `Y<id>.wav` are skipped. Their folders do not matter.

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
    return [
        Member(match[1], name, *(min(number, _MAX_NUMBER) for number in numbers))
        for name, *numbers in listed
        if (match := _MEMBER.fullmatch(PurePosixPath(name).name))
    ]


def read_members(archive: Path, header_offsets: Sequence[int]) -> Iterator[bytes | MemberError]:
    """Read members of an archive in the given order, and check their CRCs.

    Yields:
        The bytes of each member, or why it cannot be read: it is encrypted, larger than any clip,
        damaged, or neither stored nor deflated. With other methods, a few bytes may unpack to
        gigabytes at once.

    Raises:
        OSError: The archive cannot be read.
    """
    if count_volumes(archive) == 1:
        for header_offset in header_offsets:
            try:
                yield _read_member(archive, header_offset)
            except MemberError as error:
                yield error
        return
    members = [list_packed(archive)[number] for number in header_offsets]
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
    opened, members = _opened(archive)
    info, end = members[header_offset]
    method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
    if refusal := _refusal(bool(info.flag_bits & 0x1), info.file_size, method):
        raise refusal
    if not 0 <= info.header_offset <= end - info.compress_size:
        raise MemberError("corrupted", "the archive has other members at its place")
    try:
        with opened.open(info) as stream:
            # One byte more than its stated size: a zip bomb states a wrong one.
            data = stream.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise MemberError("corrupted", f"the archive has no intact copy of it: {error}") from None
    if len(data) != info.file_size:
        raise MemberError("corrupted", f"it has {len(data)} bytes; expected {info.file_size}")
    return data


@functools.lru_cache(maxsize=1)
def _opened(archive: Path) -> tuple[zipfile.ZipFile, dict[int, tuple[zipfile.ZipInfo, int]]]:
    """Open an archive and keep it open: one with 50,000 members takes half a second to open.

    Members are given by their offsets, each with the offset of the next one. Of two members at the
    same offset the first counts, which then has no room.
    """
    opened = zipfile.ZipFile(archive)
    infos = sorted(opened.infolist(), key=lambda info: info.header_offset)
    ends = [info.header_offset for info in infos[1:]] + [opened.start_dir]
    members: dict[int, tuple[zipfile.ZipInfo, int]] = {}
    for info, end in zip(infos, ends, strict=True):
        members.setdefault(min(info.header_offset, _MAX_NUMBER), (info, end))
    return opened, members


def _refusal(is_encrypted: bool, size: int, method: str) -> MemberError | None:
    """Why a member must not be unpacked; None if it can be."""
    if is_encrypted:
        return MemberError("unsupported", "it is encrypted")
    if method not in _METHODS.values():
        return MemberError(
            "unsupported", f"it is compressed by {method}; expected stored or deflated"
        )
    if size > MAX_MEMBER_BYTES:
        return MemberError(
            "wrong_format", f"it would unpack to {size:,} bytes, more than any clip has"
        )
    return None
