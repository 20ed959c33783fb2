"""Files that are whole or not there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from audioset_duck.errors import AudiosetDuckError


@contextlib.contextmanager
def replacing(path: Path, mark: str = "") -> Iterator[Path]:
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
    finally:
        part.unlink(missing_ok=True)


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
