"""The files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from audioset_duck.audio.names import Skipped
from audioset_duck.filesystem import check_utf8

# Folders of what was deleted, and of what an extraction has found to be invalid.
_SKIPPED = {"invalid_audio", "$recycle.bin", ".trash", ".trashes"}


def walk(root: Path, skipped: Skipped) -> Iterator[str]:
    """The files below a folder, in the order of their names, through links; no folder twice.

    Folders of invalid audio and of what was deleted are skipped.

    Args:
        root: The folder.
        skipped: Where what is skipped is counted.

    Raises:
        AudiosetDuckError: A name is not UTF-8.
    """
    seen = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            skipped.add("in folders that a link leads to again", folder, len(names))
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        for name in list(folders):
            if name.lower() in _SKIPPED or name.lower().startswith(".trash-"):
                folders.remove(name)
                path = Path(folder, name)
                if count := sum(len(inside) for *_, inside in os.walk(path)):
                    skipped.add("in folders of deleted or invalid audio", path, count)
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file():
                yield str(check_utf8(path))
            else:
                skipped.add("that are links to nothing", path)
