"""Split zip archives (x.z01, x.z02, …, x.zip), which are read through 7z."""

from __future__ import annotations

import functools
import os
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from audioset_duck.errors import AudiosetDuckError

_PROGRAMS = ("7z", "7zz", "7za")
# The end of the central directory, and the longest comment that may follow it.
_END = b"PK\x05\x06"
_END_BYTES = 22 + 65_535


class Packed(NamedTuple):
    """A member of a split archive.

    Attributes:
        name: Its name.
        size: Bytes when unpacked.
        packed_size: Bytes in the archive.
        crc: CRC-32 of the unpacked bytes.
        method: Compression method.
        is_encrypted: Whether it has a password.
    """

    name: str
    size: int
    packed_size: int
    crc: int
    method: str
    is_encrypted: bool


def count_volumes(archive: Path) -> int:
    """Count the parts of the archive that a .zip is the last part of.

    A .zip that is not split, or not a zip archive, counts as one part.

    Source: APPNOTE.TXT of PKWARE, 4.3.16.
    """
    with archive.open("rb") as stream:
        stream.seek(max(0, archive.stat().st_size - _END_BYTES))
        tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or at + 6 > len(tail):
        return 1
    (last,) = struct.unpack_from("<H", tail, at + 4)
    # This value says that the number is in the 64-bit record. No archive has so many parts.
    return 1 if last == 0xFFFF else last + 1


@functools.lru_cache(maxsize=1)
def list_packed(archive: Path) -> list[Packed]:
    """List all files in a split archive, in the order in which 7z unpacks them.

    Raises:
        AudiosetDuckError: 7z is not installed, a part is missing, or 7z cannot read them.
    """
    program = find_7z(archive)
    # 7z expects the endings of the parts in the same case as .zip or .ZIP.
    for number in range(1, count_volumes(archive)):
        volume = archive.with_suffix(f"{archive.suffix[:2]}{number:02d}")
        if not volume.exists():
            raise AudiosetDuckError(
                f"{archive} lacks its part {volume.name}; download it into the same folder"
            )
    done = subprocess.run(  # noqa: S603
        [program, "l", "-slt", "-ba", "-sccUTF-8", str(archive.absolute())],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=_environment(),
        check=False,
    )
    if done.returncode > 1:
        raise AudiosetDuckError(
            f"{archive} and its other parts are not a complete zip archive, reports 7z; download"
            " them again"
        )
    found = []
    for block in re.split(r"\r?\n\r?\n", done.stdout.decode(errors="surrogateescape")):
        fields = dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line)
        # Folders have no checksum, and neither has an empty file.
        if (
            fields.get("Folder", "-") == "-"
            and "Path" in fields
            and fields.get("Size", "").isdecimal()
        ):
            found.append(
                Packed(
                    fields["Path"],
                    int(fields["Size"]),
                    int(fields.get("Packed Size") or 0),
                    int(fields.get("CRC") or "0", 16),
                    # As in ZipCrypto Deflate, or LZMA:eos.
                    fields.get("Method", "").split(":")[0].split(" ")[-1],
                    fields.get("Encrypted") == "+",
                )
            )
    return found


def unpack(archive: Path, members: Sequence[Packed]) -> Iterator[bytes | None]:
    """Unpack members one by one; None stands for a damaged one.

    The bytes come through a pipe, so nothing is left on the disk if a process is killed.

    Args:
        archive: The last part.
        members: In the order of `list_packed`.

    Raises:
        OSError: 7z failed for a reason other than the archive.
    """
    rest = list(members)
    while rest:
        count = 0
        for data in _stream(archive, rest):
            yield data
            count += 1
        # After a damaged member it is unknown where the next one starts in the pipe, so another
        # process starts with the next one. If that fails at once, its first member is damaged.
        if not count:
            yield None
        rest = rest[max(count, 1) :]


def find_7z(archive: Path) -> str:
    """Find 7z, 7zz or 7za on PATH.

    Raises:
        AudiosetDuckError: None of them is installed, so the archive cannot be read.
    """
    for name in _PROGRAMS:
        if found := shutil.which(name):
            return found
    raise AudiosetDuckError(
        f"{archive} is the last of {count_volumes(archive)} parts of a split archive, which needs"
        f" 7z; install it (p7zip, 7-Zip), or join the parts with"
        f" zip -s 0 {archive.name} --out joined.zip"
    )


def _stream(archive: Path, members: Sequence[Packed]) -> Iterator[bytes]:
    """Unpack members until one is damaged."""
    command = [find_7z(archive), "x", "-so", "-spd", "-bd", str(archive.absolute())]
    with subprocess.Popen(  # noqa: S603
        command + [f"-i!{member.name}" for member in members],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    ) as process:
        assert process.stdout is not None  # noqa: S101
        try:
            for member in members:
                data = process.stdout.read(member.size)
                if len(data) == member.size and zlib.crc32(data) == member.crc:
                    yield data
                    continue
                if len(data) < member.size and process.wait() not in (0, 1, 2):
                    raise OSError(f"7z ended with code {process.returncode} on {archive}")
                return
        finally:
            process.kill()


def _environment() -> dict[str, str]:
    # Names of members are UTF-8, in any language of the machine.
    return os.environ | {"LC_ALL": "C.UTF-8"}
