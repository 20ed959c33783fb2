"""The zip archives of audio: found, listed, read member by member."""

from __future__ import annotations

import contextlib
import functools
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pyarrow as pa

from audioset_duck.audio import Status
from audioset_duck.errors import AudiosetDuckError

# A 10 s clip of 32 kHz 16-bit mono has 640,044 bytes; 8 channels of 192 kHz float have 61 MB.
MAX_MEMBER_BYTES = 64_000_000
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
        AudiosetDuckError: There is no such folder, or no archive in it.
    """
    if not folder.is_dir():
        raise AudiosetDuckError(
            f"there is no folder {folder}; name that of the archives with --zips"
        )
    archives = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".zip")
    if not archives:
        raise AudiosetDuckError(
            f"{folder} holds no .zip; right is the folder of balanced_train_segments.zip, "
            "eval_segments.zip and unbalanced_train_segments/"
        )
    return archives


def list_members(archive: Path) -> pa.Table:
    """The clips in an archive, from its central directory.

    Returns:
        Columns ytid, archive, member, header_offset (bytes), packed_bytes, bytes. Members whose
        names are no `Y<id>.wav` are passed over, whatever their folder.

    Raises:
        AudiosetDuckError: It is no zip archive, or its central directory is damaged.
    """
    with _opening(archive) as opened:
        infos = [
            (match[1], info)
            for info in opened.infolist()
            if (match := _MEMBER.fullmatch(PurePosixPath(info.filename).name))
        ]
    return pa.table(
        {
            "ytid": pa.array([ytid for ytid, _ in infos], pa.string()),
            "archive": pa.array([str(archive)] * len(infos), pa.string()),
            "member": pa.array([info.filename for _, info in infos], pa.string()),
            "header_offset": pa.array([info.header_offset for _, info in infos], pa.int64()),
            "packed_bytes": pa.array([info.compress_size for _, info in infos], pa.int64()),
            "bytes": pa.array([info.file_size for _, info in infos], pa.int64()),
        }
    )


def read_member(archive: Path, header_offset: int) -> bytes:
    """Read one member whole, its CRC checked.

    Raises:
        MemberError: It is encrypted, larger than any clip, damaged, or packed in a way that is not
            known.
        OSError: The archive cannot be read.
    """
    opened, members = _opened(archive)
    info = members[header_offset]
    if info.flag_bits & 0x1:
        raise MemberError("refused", "it is encrypted")
    if info.file_size > MAX_MEMBER_BYTES:
        raise MemberError(
            "refused", f"it would unpack to {info.file_size:,} bytes, more than any clip has"
        )
    try:
        with opened.open(info) as stream:
            # One byte more than it says it has: a bomb lies about its size.
            data = stream.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise MemberError("corrupted", f"the archive gives no sound copy of it: {error}") from None
    if len(data) != info.file_size:
        raise MemberError("corrupted", f"it has {len(data)} bytes, not {info.file_size}")
    return data


@functools.lru_cache(maxsize=1)
def _opened(archive: Path) -> tuple[zipfile.ZipFile, dict[int, zipfile.ZipInfo]]:
    """The archive that a worker is at; opening one of 50,000 members takes half a second."""
    opened = zipfile.ZipFile(archive)
    return opened, {info.header_offset: info for info in opened.infolist()}


@contextlib.contextmanager
def _opening(archive: Path) -> Iterator[zipfile.ZipFile]:
    volumes = sorted(archive.parent.glob(f"{archive.stem}.[zZ][0-9][0-9]"))
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, NotImplementedError) as error:
        if volumes:
            raise AudiosetDuckError(
                f"{archive} is the last of {len(volumes) + 1} volumes; join them first with "
                f"zip -s 0 {archive.name} --out joined.zip, or 7z"
            ) from None
        raise AudiosetDuckError(
            f"{archive} is no whole zip archive ({error}); download it again"
        ) from None
