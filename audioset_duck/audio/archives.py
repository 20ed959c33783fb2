"""The zip archives of audio: found, listed, read member by member."""

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
# The methods of which no more is unpacked than is asked for, as 7z calls them.
_METHODS = {zipfile.ZIP_STORED: "Store", zipfile.ZIP_DEFLATED: "Deflate"}
# The largest number that the catalog holds; a damaged archive may tell of larger ones.
_MAX_NUMBER = 2**63 - 1
_MEMBER = re.compile(r"Y?([0-9A-Za-z_-]{11})\.wav", re.IGNORECASE)


class MemberError(Exception):
    """A member that cannot be read, or is not to be.

    Attributes:
        status: That of its clip: `corrupted` or `refused`.
        reason: Why, in a sentence.
    """

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def find_archives(folder: Path) -> list[Path]:
    """All zip archives below a folder, whatever the case of their ending.

    Raises:
        AudiosetDuckError: There is no such folder, no archive in it, or one whose name is not
            UTF-8.
    """
    if not folder.is_dir():
        raise AudiosetDuckError(
            f"there is no folder {folder}; name that of the archives with --archives"
        )
    archives = sorted(
        check_utf8(path)
        for path in folder.rglob("*")
        if path.suffix.lower() == ".zip" and path.is_file()
    )
    if not archives:
        raise AudiosetDuckError(
            f"{folder} holds no .zip; right is the folder of balanced_train_segments.zip, "
            "eval_segments.zip and unbalanced_train_segments/"
        )
    return archives


class Member(NamedTuple):
    """A clip in an archive.

    Attributes:
        ytid: Its YouTube id.
        member: Name in the archive.
        header_offset: Where it begins, in bytes; in an archive of volumes, its number.
        packed_bytes: Size in the archive.
        bytes: Size when unpacked.
    """

    ytid: str
    member: str
    header_offset: int
    packed_bytes: int
    bytes: int


def fingerprint(archive: Path) -> str:
    """What becomes another when an archive, or one of its volumes, is replaced: sizes and times."""
    volumes = archive.parent.glob(f"{glob.escape(archive.stem)}.[zZ][0-9]*")
    stats = [path.stat() for path in (archive, *volumes)]
    return f"{sum(stat.st_size for stat in stats)}:{max(stat.st_mtime_ns for stat in stats)}"


def list_members(archive: Path) -> list[Member]:
    """The clips in an archive, from its central directory.

    Members whose names are no `Y<id>.wav` are passed over, whatever their folder.

    Raises:
        AudiosetDuckError: It is no zip archive, its central directory is damaged, or it is in
            volumes and not all of them are there, or no 7z is.
    """
    if count_volumes(archive) > 1:
        listed = [
            # A name that is not UTF-8 is kept for 7z only.
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
                f"{archive} is no whole zip archive ({error}); download it again"
            ) from None
    return [
        Member(match[1], name, *(min(number, _MAX_NUMBER) for number in numbers))
        for name, *numbers in listed
        if (match := _MEMBER.fullmatch(PurePosixPath(name).name))
    ]


def read_members(archive: Path, header_offsets: Sequence[int]) -> Iterator[bytes | MemberError]:
    """Read some members whole, in their order, their CRCs checked.

    Yields:
        The bytes of each; or why it cannot be read: it is encrypted, larger than any clip,
        damaged, or neither stored nor deflated: of other methods, a few bytes may unpack to
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
            yield MemberError("corrupted", "7z finds no sound copy of it in the archive")


def _read_member(archive: Path, header_offset: int) -> bytes:
    opened, members = _opened(archive)
    info, end = members[header_offset]
    method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
    if refusal := _refusal(bool(info.flag_bits & 0x1), info.file_size, method):
        raise refusal
    if not 0 <= info.header_offset <= end - info.compress_size:
        raise MemberError("corrupted", "the archive has other members where it says that it is")
    try:
        with opened.open(info) as stream:
            # One byte more than it says it has: a bomb lies about its size.
            data = stream.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise MemberError("corrupted", f"the archive gives no sound copy of it: {error}") from None
    if len(data) != info.file_size:
        raise MemberError("corrupted", f"it has {len(data)} bytes, not {info.file_size}")
    return data


@functools.lru_cache(maxsize=1)
def _opened(archive: Path) -> tuple[zipfile.ZipFile, dict[int, tuple[zipfile.ZipInfo, int]]]:
    """The archive that a worker is at; opening one of 50,000 members takes half a second.

    Its members are by their offsets, each with where the next one begins. Of two that begin at the
    same place it is the first, which so has no room.
    """
    opened = zipfile.ZipFile(archive)
    infos = sorted(opened.infolist(), key=lambda info: info.header_offset)
    ends = [info.header_offset for info in infos[1:]] + [opened.start_dir]
    members: dict[int, tuple[zipfile.ZipInfo, int]] = {}
    for info, end in zip(infos, ends, strict=True):
        members.setdefault(min(info.header_offset, _MAX_NUMBER), (info, end))
    return opened, members


def _refusal(is_encrypted: bool, size: int, method: str) -> MemberError | None:
    """Why a member is not even to be unpacked."""
    if is_encrypted:
        return MemberError("refused", "it is encrypted")
    if method not in _METHODS.values():
        return MemberError("refused", f"it is packed by {method}; right is stored or deflated")
    if size > MAX_MEMBER_BYTES:
        return MemberError("refused", f"it would unpack to {size:,} bytes, more than any clip has")
    return None
