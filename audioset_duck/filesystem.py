"""Atomic writes, locks and names of files."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from audioset_duck.errors import AudiosetDuckError

# A clone without Git LFS has a text that begins so in the place of each large file; and a download
# from a server that refuses it may be a web page.
_POINTER = b"version https://git-lfs"
_PAGE = re.compile(rb"\s*<(!doctype html|html|\?xml)", re.IGNORECASE)
# Enough of a file to see that it is one of these.
BYTES_TO_PLACEHOLDER = 100


@contextlib.contextmanager
def atomic_write(path: Path, mark: str = "") -> Iterator[Path]:
    """Write a file completely or not at all.

    If the block raises, the temporary file is removed and `path` does not change.

    Args:
        path: The file to write.
        mark: Part of the temporary file's name, where several processes may write at once.

    Yields:
        A path in the same folder to write to; it is renamed to `path` when the block ends.

    Raises:
        AudiosetDuckError: There is a device or a pipe, which the file would replace.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise AudiosetDuckError(f"{path} is not a file, and would be replaced; name another one")
    part = path.with_name(f"{path.name}{mark}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        # The error of a failed write has no file name.
        error.filename = error.filename or str(path)
        raise
    finally:
        part.unlink(missing_ok=True)


def link_or_copy(source: Path, path: Path) -> None:
    """Make a hard link to a file, or a copy where the file system has no links."""
    try:
        path.hardlink_to(source)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EXDEV, errno.EMLINK, errno.ENOSYS):
            raise
        shutil.copyfile(source, path)


def try_lock(descriptor: int) -> bool:
    """Lock an open file or folder until it is closed or the process ends.

    Returns:
        False if another process has the lock.

    Raises:
        AudiosetDuckError: The file system has no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            raise
        raise AudiosetDuckError(
            f"the file system of {_path_of(descriptor)} has no locks, without which two commands"
            " could write there at once; use a folder on another disk, or mount it with locks"
        ) from None
    return True


def lock_folder(folder: Path) -> int | None:
    """Create a folder and lock it; return its descriptor, or None if another process has the lock.

    Another process may end between these steps and remove the folder, which is then created again.
    """
    while True:
        folder.mkdir(exist_ok=True)
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        if not try_lock(descriptor):
            os.close(descriptor)
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), folder.stat()):
                return descriptor
        os.close(descriptor)


def _path_of(descriptor: int) -> str:
    """The path of an open file or folder, where the system tells it."""
    with contextlib.suppress(OSError):
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())
    return "the folder"


@contextlib.contextmanager
def exclusive_folder(folder: Path, task: str, cure: str) -> Iterator[None]:
    """Create a folder if necessary, and lock it against other callers of this function.

    Args:
        folder: The folder.
        task: What the block does, for messages, as in "download".
        cure: What the user can do if the folder cannot be created.

    Raises:
        AudiosetDuckError: The folder cannot be created, or another process has locked it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = lock_folder(folder)
    except OSError as error:
        raise AudiosetDuckError(f"{folder} cannot be created: {error.strerror}; {cure}") from None
    if descriptor is None:
        raise AudiosetDuckError(f"another {task} to {folder} is in progress; wait for it to end")
    try:
        yield
    finally:
        os.close(descriptor)


def file_version(path: Path) -> tuple[int, ...]:
    """What changes when a file is replaced or written to."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def check_utf8(path: Path) -> Path:
    """Return a path unchanged if a catalog can store it, which stores UTF-8 only.

    Raises:
        AudiosetDuckError: The name of the file, or of a folder above it, is not UTF-8.
    """
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise AudiosetDuckError(
            f"{str(path.absolute())!r} is not UTF-8, but a catalog stores only UTF-8; rename it"
        ) from None
    return path


def placeholder_reason(beginning: bytes) -> str | None:
    """What else stands in the place of a file, and the cure; None if it may be the file.

    Args:
        beginning: At least its first `BYTES_TO_PLACEHOLDER` bytes.
    """
    if beginning.startswith(_POINTER):
        return "it is a pointer of Git LFS; fetch the file itself with git lfs pull"
    if _PAGE.match(beginning):
        return "it is a web page, perhaps an error message of a server; download it again"
    return None
