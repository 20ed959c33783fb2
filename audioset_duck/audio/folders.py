"""The files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from audioset_duck.audio.journal import JOURNAL
from audioset_duck.audio.names import Skipped
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import check_utf8

# Folders that an extraction writes beside audio: what is invalid, and lists of what is missing.
INVALID_FOLDER = "invalid_audio"
MISSING_FOLDER = "missing_files"
# Folders of what was deleted, and of what an extraction has found to be invalid.
_SKIPPED = (INVALID_FOLDER, "$recycle.bin", ".trash", ".trashes")
# The mark of a folder that the demo has made.
MARK = "MADE_BY_AUDIOSET_DUCK"
# What an extraction and the demo write beside audio.
_RECORDS = (MISSING_FOLDER, JOURNAL, MARK)


def require_folder(folder: Path, expected: str) -> None:
    """Raise AudiosetDuckError if a path is not a folder.

    Args:
        folder: The path.
        expected: What it should be, and the option that names it.
    """
    if not folder.is_dir():
        found = f"{folder} is a file" if folder.exists() else f"there is no folder {folder}"
        raise AudiosetDuckError(f"{found}; name {expected}")


def walk(root: Path, skipped: Skipped) -> Iterator[str]:
    """The files below a folder, in the order of their names, through links; no folder twice.

    Folders of invalid audio and of what was deleted are skipped. Hidden files, whose names begin
    with a dot, and the records of an extraction are left out without being counted.

    Args:
        root: The folder.
        skipped: Where what is skipped is counted.

    Raises:
        AudiosetDuckError: A name is not UTF-8.
    """
    yield from _walk(str(root), skipped, set())


def _walk(folder: str, skipped: Skipped, seen: set[tuple[int, int]]) -> Iterator[str]:
    # Not by pathlib, which keeps a part of the memory of each name for ever.
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except PermissionError:
        skipped.add("in folders that must not be opened", folder)
        return
    status = Path(folder).stat()
    if (status.st_dev, status.st_ino) in seen:
        skipped.add("in folders that a link leads to again", folder, len(found))
        return
    seen.add((status.st_dev, status.st_ino))
    for entry in found:
        try:
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError:
            # A link to itself.
            is_folder = is_file = False
        if (entry.name.startswith(".") and not is_folder) or entry.name in _RECORDS:
            continue
        if is_file:
            if not entry.path.isascii():
                check_utf8(Path(entry.path))
            yield entry.path
        elif not is_folder:
            skipped.add("that are links to nothing", entry.path)
        elif entry.name.lower() in _SKIPPED or entry.name.lower().startswith(".trash-"):
            if count := sum(len(names) for *_, names in os.walk(entry.path)):
                skipped.add("in folders of deleted or invalid audio", entry.path, count)
        else:
            yield from _walk(entry.path, skipped, seen)
