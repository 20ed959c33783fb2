"""Replacing a catalog: made beside the old one, moved over it when it is whole."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from audioset_duck.catalog.connection import (
    attach,
    attach_new,
    bound_memory,
    check_length,
    checkpoint,
    open_catalog,
)
from audioset_duck.catalog.state import CatalogState, read_state, source_rows
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import try_lock
from audioset_duck.interrupts import defer_interrupts


@contextlib.contextmanager
def replace_catalog(
    catalog: Path, memory_limit: str | None = None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, CatalogState | None]]:
    """Open what will be the new catalog for writing: a copy of the old one, or an empty one.

    If the block ends well, all of it is on the disk, and moved over the old catalog in one step.
    If not, the old catalog is as it was. The new one is made in `CATALOG.building/`, which only
    one process at a time can have.

    Args:
        catalog: The catalog file.
        memory_limit: What DuckDB may take before it goes to the disk, as in `512MB`. None: the
            usual, see `fit_memory`.

    Yields:
        The connection, and what the old catalog says of itself; None if there is none.

    Raises:
        AudiosetDuckError: The folder cannot be written to, another build of this catalog is
            under way, the old file is no catalog or was cut short, another program writes or
            wrote to it, or the limit is no size.
    """
    catalog = catalog.resolve()
    for sign in "?\\":
        if sign in str(catalog):
            raise AudiosetDuckError(
                f"{catalog} has a {sign} in it, with which DuckDB cannot write; "
                "name a catalog elsewhere with --catalog"
            )
    with _scratch_folder(catalog) as folder:
        scratch = folder / "new.duckdb"
        before = _copy_old(catalog, scratch)
        connection = attach(scratch) if before else attach_new(scratch)
        with connection:
            rows = source_rows(connection) if before else 0
            bound_memory(connection, folder, memory_limit, rows)
            yield connection, read_state(connection) if before else None
            # The last word: what fails to be written must fail here, not when the file is closed.
            connection.execute("checkpoint")
        with scratch.open("rb") as stream:
            os.fsync(stream.fileno())
        if before:
            _check_unchanged(catalog, before)
            shutil.copymode(catalog, scratch)
        scratch.replace(catalog)
        _sync_folder(catalog.parent)


@contextlib.contextmanager
def _scratch_folder(catalog: Path) -> Iterator[Path]:
    """An empty folder beside the catalog, locked for this process and removed at the end.

    The lock ends with the process: what a killed build left is cleared by the next.
    """
    if catalog.is_dir():
        raise AudiosetDuckError(f"{catalog} is a folder; right is a file, as in catalog.duckdb")
    folder = catalog.with_name(f"{catalog.name}.building")
    descriptor = None
    try:
        try:
            with defer_interrupts():
                catalog.parent.mkdir(parents=True, exist_ok=True)
                descriptor = _lock(folder)
        except OSError as error:
            raise AudiosetDuckError(
                f"{catalog.parent} cannot be written to: {error.strerror}; "
                "name a catalog elsewhere with --catalog"
            ) from None
        if descriptor is None:
            raise AudiosetDuckError(
                f"another build of {catalog} is in progress; wait for it to end"
            )
        _clear(folder)
        yield folder
    finally:
        if descriptor is not None:
            with defer_interrupts():
                try:
                    _clear(folder)
                    folder.rmdir()
                finally:
                    # Whatever else fails, the lock must not outlive the build.
                    os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """Make a folder and lock it; None if another process has it.

    Another build may end at any moment between these steps, and take the folder with it: then
    there is a new one to be made and locked.
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


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _copy_old(catalog: Path, scratch: Path) -> os.stat_result | None:
    """Copy the old catalog, if there is one, while nobody can write to it."""
    if not catalog.exists():
        return None
    if _log_of(catalog).exists():
        checkpoint(catalog)
    with open_catalog(catalog) as connection:
        check_length(connection, catalog)
        shutil.copyfile(catalog, scratch)
        return catalog.stat()


def _check_unchanged(catalog: Path, before: os.stat_result) -> None:
    """Nobody wrote to the old catalog since it was copied: that would be lost."""
    # Opened, so that whoever is writing to it at this moment is noticed.
    with open_catalog(catalog):
        now = catalog.stat()
    if _log_of(catalog).exists() or (now.st_ino, now.st_size, now.st_mtime_ns) != (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    ):
        raise AudiosetDuckError(
            f"{catalog} was written to by another program meanwhile, and is left as that made it; "
            "run the build again"
        )


def _log_of(catalog: Path) -> Path:
    return catalog.with_name(f"{catalog.name}.wal")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
