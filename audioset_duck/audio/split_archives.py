"""Zip archives in several volumes (x.z01, x.z02, …, x.zip), which 7z reads."""

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
    """A member of an archive in volumes.

    Attributes:
        name: Its name.
        size: Bytes when unpacked.
        packed_size: Bytes in the archive.
        crc: CRC-32 of what it unpacks to.
        method: How it is packed.
        is_encrypted: It has a password.
    """

    name: str
    size: int
    packed_size: int
    crc: int
    method: str
    is_encrypted: bool


def count_volumes(archive: Path) -> int:
    """Of how many volumes a .zip is the last; 1 if it is whole, or no zip archive.

    Source: APPNOTE.TXT of PKWARE, 4.3.16.
    """
    with archive.open("rb") as stream:
        stream.seek(max(0, archive.stat().st_size - _END_BYTES))
        tail = stream.read()
    at = tail.rfind(_END)
    if at < 0 or at + 6 > len(tail):
        return 1
    (last,) = struct.unpack_from("<H", tail, at + 4)
    # So it is where the number stands in the record of 64 bits: no archive has so many.
    return 1 if last == 0xFFFF else last + 1


@functools.lru_cache(maxsize=1)
def list_packed(archive: Path) -> list[Packed]:
    """All files in an archive of several volumes, in the order in which 7z unpacks them.

    Raises:
        AudiosetDuckError: 7z is not installed, a volume is not there, or 7z cannot read them.
    """
    program = find_7z(archive)
    # 7z looks for volumes of the same case as the .zip or .ZIP.
    for number in range(1, count_volumes(archive)):
        volume = archive.with_suffix(f"{archive.suffix[:2]}{number:02d}")
        if not volume.exists():
            raise AudiosetDuckError(
                f"{archive} lacks its volume {volume.name}; download it into the same folder"
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
            f"{archive} and its volumes are no whole zip archive, says 7z; download them again"
        )
    found = []
    for block in re.split(r"\r?\n\r?\n", done.stdout.decode(errors="surrogateescape")):
        told = dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line)
        # Folders have no checksum, and neither has an empty file.
        if told.get("Folder", "-") == "-" and "Path" in told and told.get("Size", "").isdecimal():
            found.append(
                Packed(
                    told["Path"],
                    int(told["Size"]),
                    int(told.get("Packed Size") or 0),
                    int(told.get("CRC") or "0", 16),
                    # As in ZipCrypto Deflate, or LZMA:eos.
                    told.get("Method", "").split(":")[0].split(" ")[-1],
                    told.get("Encrypted") == "+",
                )
            )
    return found


def unpack(archive: Path, members: Sequence[Packed]) -> Iterator[bytes | None]:
    """The bytes of some members, each of them in memory once; None for one that is damaged.

    They come through a pipe: nothing is left on the disk, whoever is killed when.

    Args:
        archive: The last volume.
        members: In the order of `list_packed`.

    Raises:
        OSError: 7z ended for a reason that does not lie in the archive.
    """
    rest = list(members)
    while rest:
        count = 0
        for data in _stream(archive, rest):
            yield data
            count += 1
        # After a damaged member it is not known where the next one begins in the pipe: another
        # process begins with it. If that fails with the first, it is the one that is damaged.
        if not count:
            yield None
        rest = rest[max(count, 1) :]


def find_7z(archive: Path) -> str:
    """7z, 7zz or 7za on PATH.

    Raises:
        AudiosetDuckError: None of them is there, so the archive cannot be read.
    """
    for name in _PROGRAMS:
        if found := shutil.which(name):
            return found
    raise AudiosetDuckError(
        f"{archive} is the last of {count_volumes(archive)} volumes, which 7z reads and is not"
        f" installed; install it (p7zip, 7-Zip), or join them with"
        f" zip -s 0 {archive.name} --out joined.zip"
    )


def _stream(archive: Path, members: Sequence[Packed]) -> Iterator[bytes]:
    """The bytes of members, until one of them is not as it should be."""
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
    # Names of members are UTF-8, whatever the machine's language.
    return os.environ | {"LC_ALL": "C.UTF-8"}
