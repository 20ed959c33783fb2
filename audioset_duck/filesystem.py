"""Files that are whole or not there."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from audioset_duck.errors import AudiosetDuckError


@contextlib.contextmanager
def atomic_write(path: Path, mark: str = "") -> Iterator[Path]:
    """Give a path beside `path` to write to; it is moved to `path` once all is written.

    If writing fails, nothing is left of it, and what was at `path` stays as it was.

    Args:
        path: The file.
        mark: Part of the name of what is written to, where several may write at once.
    """
    part = path.with_name(f"{path.name}{mark}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        # A write that fails does not say where.
        error.filename = error.filename or str(path)
        raise
    finally:
        part.unlink(missing_ok=True)


def try_lock(descriptor: int) -> bool:
    """Lock an open file or folder, until it is closed or the process ends.

    Returns:
        False if another process has the lock.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def exclusive_folder(folder: Path, task: str, cure: str) -> Iterator[None]:
    """Make a folder, into which no other process may write meanwhile that comes this way too.

    Args:
        folder: The folder.
        task: What is done, as in "download".
        cure: What can be done if the folder cannot be made.

    Raises:
        AudiosetDuckError: It cannot be made, or another process has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise AudiosetDuckError(f"{folder} cannot be made: {error.strerror}; {cure}") from None
    try:
        if not try_lock(descriptor):
            raise AudiosetDuckError(
                f"another {task} to {folder} is in progress; wait for it to end"
            )
        yield
    finally:
        os.close(descriptor)


def check_utf8(path: Path) -> Path:
    """Give back a path that the catalog can hold, whose texts are UTF-8.

    Raises:
        AudiosetDuckError: Its name, or that of a folder above it, is not UTF-8.
    """
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise AudiosetDuckError(
            f"{str(path.absolute())!r} is not UTF-8, as the names in a catalog are; rename it"
        ) from None
    return path
