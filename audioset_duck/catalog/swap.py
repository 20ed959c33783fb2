"""Atomic replacement of a catalog: written beside the old one, then renamed over it."""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from audioset_duck.catalog.connection import (
    attach_for_writing,
    attach_new,
    bound_memory,
    check_length,
    checkpoint,
    open_catalog,
)
from audioset_duck.catalog.state import CatalogState, read_state, source_rows
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import file_version, lock_folder
from audioset_duck.interrupts import defer_interrupts

log = logging.getLogger(__name__)

# How often a patient caller looks whether another build has ended.
_SECONDS_BETWEEN_TRIES = 0.5


@contextlib.contextmanager
def replace_catalog(
    catalog: Path, memory_limit: str | None = None, *, is_patient: bool = False
) -> Iterator[tuple[duckdb.DuckDBPyConnection, CatalogState | None]]:
    """Open a copy of a catalog for writing, or an empty one, which replaces it at the end.

    If the block ends without an exception, the new catalog is flushed to disk and renamed over the
    old one in one step. Otherwise the old one does not change. The new one is written to the folder
    `CATALOG.building`, which one process at a time can lock.

    Args:
        catalog: The catalog file.
        memory_limit: How much memory DuckDB uses before it spills to disk, as in `512MB`; None:
            the limit that `fit_memory` sets.
        is_patient: Wait for another build of this catalog to end, with a warning, instead of
            raising: for a caller whose work would be lost.

    Yields:
        The connection, and the state of the old catalog; None if there is none.

    Raises:
        AudiosetDuckError: The folder cannot be written to, another build of this catalog is in
            progress, the old file is not a catalog of this version or is cut short, another program
            writes or wrote to it, or the limit is not a size.
    """
    catalog = catalog.resolve()
    _check_path(catalog)
    with _scratch_folder(catalog, is_patient=is_patient) as folder:
        scratch = folder / "new.duckdb"
        before = _copy_old(catalog, scratch)
        connection = attach_for_writing(scratch) if before else attach_new(scratch)
        with connection:
            rows = source_rows(connection) if before else 0
            bound_memory(connection, folder, memory_limit, rows)
            yield connection, read_state(connection) if before else None
            # A write that fails must fail here: closing the file would not raise.
            connection.execute("checkpoint")
        with scratch.open("rb") as stream:
            os.fsync(stream.fileno())
        if before:
            _check_unchanged(catalog, before)
            shutil.copymode(catalog, scratch)
        scratch.replace(catalog)
        _sync_folder(catalog.parent)


def check_replaceable(catalog: Path) -> None:
    """Raise at once what would make it impossible to replace a catalog after long work.

    Raises:
        AudiosetDuckError: The file is not a catalog that this version reads, is cut short, or lies
            where it cannot be written to.
    """
    _check_path(catalog.resolve())
    with open_catalog(catalog) as connection:
        check_length(connection, catalog)
        read_state(connection)
    folder = catalog.resolve().parent
    if not os.access(folder, os.W_OK):
        is_disk = os.statvfs(folder).f_flag & os.ST_RDONLY
        raise _not_writable(folder, errno.EROFS if is_disk else errno.EACCES)


def _check_path(catalog: Path) -> None:
    """Raise AudiosetDuckError if DuckDB cannot write to a path."""
    for sign in "?\\":
        if sign in str(catalog):
            raise AudiosetDuckError(
                f"DuckDB cannot write to {catalog}, whose path contains a {sign}; name another path"
                " with --catalog"
            )


def _not_writable(folder: Path, number: int | None) -> AudiosetDuckError:
    return AudiosetDuckError(
        f"{folder} cannot be written to: {os.strerror(number or errno.EIO)}; name a catalog in"
        " another folder with --catalog"
    )


@contextlib.contextmanager
def _scratch_folder(catalog: Path, *, is_patient: bool) -> Iterator[Path]:
    """Create and lock an empty folder beside the catalog, and remove it at the end.

    The lock ends with the process, and the next build clears what a killed one left.
    """
    if catalog.is_dir():
        raise AudiosetDuckError(f"{catalog} is a folder; expected a file, as in catalog.duckdb")
    folder = catalog.with_name(f"{catalog.name}.building")
    descriptor = None
    try:
        try:
            for attempt in itertools.count():
                with defer_interrupts():
                    catalog.parent.mkdir(parents=True, exist_ok=True)
                    descriptor = lock_folder(folder)
                if descriptor is not None or not is_patient:
                    break
                if not attempt:
                    log.warning(
                        "another build of %s is in progress; waiting for it to end", catalog
                    )
                time.sleep(_SECONDS_BETWEEN_TRIES)
        except OSError as error:
            raise _not_writable(catalog.parent, error.errno) from None
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


def _clear(folder: Path) -> None:
    """Empty a folder; it may have files of a killed build of another user."""
    try:
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise AudiosetDuckError(
            f"{error.filename or folder} cannot be removed: {error.strerror}; remove {folder}"
        ) from None


def _copy_old(catalog: Path, scratch: Path) -> tuple[int, ...] | None:
    """Copy the old catalog while no other process can write to it, and return its version.

    None: there is no old catalog.
    """
    if not catalog.exists():
        return None
    if _log_of(catalog).exists():
        checkpoint(catalog)
    with open_catalog(catalog) as connection:
        check_length(connection, catalog)
        shutil.copyfile(catalog, scratch)
        return file_version(catalog)


def _check_unchanged(catalog: Path, before: tuple[int, ...]) -> None:
    """Raise AudiosetDuckError if the old catalog changed since it was copied."""
    # Opening fails if another program is writing at this moment.
    with open_catalog(catalog):
        now = file_version(catalog)
    if _log_of(catalog).exists() or now != before:
        raise AudiosetDuckError(
            f"{catalog} was changed by another program during the build, and was not replaced; run"
            " the build again"
        )


def _log_of(catalog: Path) -> Path:
    return catalog.with_name(f"{catalog.name}.wal")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
