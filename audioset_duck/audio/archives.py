"""Archives of audio: zip, tar and parquet files, found in a folder, listed, and read by member."""

from __future__ import annotations

import contextlib
import glob
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from audioset_duck.audio import parquet_archives, tar_archives, zip_archives
from audioset_duck.audio.folders import require_folder, walk
from audioset_duck.audio.members import Member, MemberError
from audioset_duck.audio.names import OTHER_ENDING, Skipped
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import BYTES_TO_PLACEHOLDER, placeholder_reason

_KINDS = {
    ".zip": zip_archives,
    ".tar": tar_archives,
    ".tar.gz": tar_archives,
    ".tgz": tar_archives,
    ".parquet": parquet_archives,
}
# Of an archive with one of these, any member is soon found.
_DIVISIBLE = (".zip", ".tar")
# What is expected of the path of archives.
ARCHIVES_FOLDER = "the folder of the archives with --archives"
# Packs of training repositories, whose samples are not clips of their own.
_HDF5 = (".h5", ".hdf5", ".hdf")
# A part of a split zip archive.
_VOLUME = re.compile(r"\.z\d+$", re.IGNORECASE)


def find_archives(folder: Path, skipped: Skipped) -> list[Path]:
    """List all archives below a folder, with endings in any case.

    Args:
        folder: The folder.
        skipped: Where other files are counted.

    Raises:
        AudiosetDuckError: The folder does not exist, contains no archive, or contains one whose
            name is not UTF-8.
    """
    require_folder(folder, ARCHIVES_FOLDER)
    archives = []
    for path in walk(folder, skipped):
        if _ending(path) in _KINDS:
            archives.append(Path(path))
        elif path.lower().endswith(_HDF5):
            skipped.add("of HDF5, which must be unpacked by the tools that made them", path)
        elif not _VOLUME.search(path):
            skipped.add(OTHER_ENDING, path)
    if not archives:
        others = f"; files skipped: {skipped}" if skipped.counts else ""
        raise AudiosetDuckError(
            f"{folder} contains no archive ending in {', '.join(_KINDS)}{others}. Expected, for"
            " example, the folder of balanced_train_segments.zip, or of data/bal_train/00.parquet"
        )
    return archives


def is_divisible(archive: Path) -> bool:
    """Whether members can be read without reading all that stand before them."""
    return _ending(archive) in _DIVISIBLE


def fingerprint(archive: Path) -> str:
    """Sizes and times of an archive and its parts, which change when one of them is replaced."""
    volumes = archive.parent.glob(f"{glob.escape(archive.stem)}.[zZ][0-9]*")
    stats = [path.stat() for path in (archive, *volumes)]
    return f"{sum(stat.st_size for stat in stats)}:{max(stat.st_mtime_ns for stat in stats)}"


def list_members(archive: Path, skipped: Skipped) -> list[Member]:
    """List the audio files in an archive, without reading audio.

    Args:
        archive: The archive.
        skipped: Where other members are counted.

    Raises:
        AudiosetDuckError: It cannot be read at all.
    """
    _check_content(archive)
    return list(_KINDS[_ending(archive)].list_members(archive, skipped))


def list_in_place(archive: Path, skipped: Skipped) -> list[Member]:
    """List the audio files that stand uncompressed in an archive, and where their bytes begin.

    Args:
        archive: The archive.
        skipped: Where other members are counted, and archives that are compressed as a whole.

    Raises:
        AudiosetDuckError: It cannot be read at all.
    """
    if _ending(archive) == ".tar":
        return list_members(archive, skipped)
    if _ending(archive) == ".zip":
        _check_content(archive)
        return list(zip_archives.list_stored(archive, skipped))
    skipped.add(zip_archives.COMPRESSED, archive)
    return []


def read_members(archive: Path, places: Sequence[tuple[int, int]]) -> Iterator[bytes | MemberError]:
    """Read members of an archive.

    Args:
        archive: The archive.
        places: Of each member, where it starts, ascending, and its size in bytes.

    Yields:
        The bytes of each member, or why it cannot be read.

    Raises:
        OSError: The archive cannot be read.
    """
    yield from _KINDS[_ending(archive)].read_members(archive, places)


def _check_content(archive: Path) -> None:
    """Raise AudiosetDuckError if something else stands in the place of an archive."""
    # What cannot be opened is for the reader of its kind to report.
    with contextlib.suppress(OSError), archive.open("rb") as stream:
        if reason := placeholder_reason(stream.read(BYTES_TO_PLACEHOLDER)):
            raise AudiosetDuckError(f"{archive} is not an archive: {reason}")


def _ending(archive: str | Path) -> str:
    name = str(archive).lower()
    return next((ending for ending in _KINDS if name.endswith(ending)), "")
