"""Connections to a catalog file: how it is created, opened, checked, and given memory."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path

import duckdb

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import check_utf8
from audioset_duck.sqltext import identifier, literal

# The oldest version of DuckDB whose shells can open a catalog.
STORAGE_VERSION = "v1.4.0"

# A quarter of DuckDB's default: a demo's catalog has 2 MB instead of 8, a full one is as fast.
BLOCK_SIZE = 65536

# A fifth of DuckDB's default. A row group is what one thread works on, and the rows of some tables
# are lists of hundreds of events or windows.
_ROW_GROUP = f"row_group_size {12 * 2048}"

# A DuckDB file begins with three headers of this size.
_HEADER_BYTES = 3 * 4096

# The name of the attached database: no target and no schema may have it.
ALIAS = "audioset"

# The largest memory limit that is set by itself, in MiB.
_MOST_MIB = 1792


def open_catalog(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a catalog for reading.

    Raises:
        AudiosetDuckError: The file is missing or damaged, is not a catalog, is one of version 0.1,
            or another program is writing to it.
    """
    if not path.is_file():
        raise AudiosetDuckError(
            f"there is no catalog {path}; create it with audioset-duck build, or name another one"
            " with --catalog"
        )
    try:
        connection = attach(path, "read_only")
    except duckdb.Error as error:
        raise _cannot_open(path, error) from None
    try:
        _check_catalog(connection, path)
    except AudiosetDuckError:
        connection.close()
        raise
    return connection


def attach(path: Path, *options: str) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file as the database `audioset`, in a DuckDB instance of its own.

    `duckdb.connect(path)` would name the database after the file, which hides a target of the same
    name, and would share an instance that another part of the program may have opened before the
    file was replaced.

    Args:
        path: The file.
        *options: Options of `attach`, as SQL, such as `read_only`.
    """
    connection = duckdb.connect()
    try:
        # A notebook without ipywidgets has no progress bar, and refuses to switch it off.
        with contextlib.suppress(duckdb.InvalidInputException):
            connection.execute("set enable_progress_bar = false")
        connection.execute("set python_enable_replacements = false")
        # On the deep views of a live catalog it takes ten times as long as all the rest of a query.
        connection.execute("set disabled_optimizers = 'projection_pullup'")
        listed = f" ({', '.join(options)})" if options else ""
        connection.execute(f"attach {literal(str(check_utf8(path).absolute()))} as {ALIAS}{listed}")
        connection.execute(f"use {ALIAS}")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def attach_new(path: Path) -> duckdb.DuckDBPyConnection:
    """Create a DuckDB file that shells since version 1.4 can open, and attach it."""
    version = f"storage_version '{STORAGE_VERSION}'"
    return attach(path, version, f"block_size {BLOCK_SIZE}", _ROW_GROUP)


def attach_for_writing(path: Path) -> duckdb.DuckDBPyConnection:
    """Attach a catalog that tables are to be added to."""
    return attach(path, _ROW_GROUP)


def bound_memory(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    limit: str | None = None,
    rows: int = 0,
    most_mib: int = _MOST_MIB,
) -> None:
    """Limit memory, and spill what does not fit into it to disk.

    Args:
        connection: The connection to limit.
        folder: Where the folder `spilled` of temporary files is created.
        limit: A size, as in `512MB`; None: the limit that `fit_memory` sets for the rows.
        rows: Number of rows of the source files, as far as it is known.
        most_mib: The largest limit that is set for the rows, in MiB.

    Raises:
        AudiosetDuckError: The limit is not a size.
    """
    connection.execute(f"set temp_directory = {literal(str(folder / 'spilled'))}")
    if limit is None:
        fit_memory(connection, rows, most_mib)
        return
    try:
        connection.execute(f"set memory_limit = {literal(limit)}")
    except duckdb.Error:
        raise AudiosetDuckError(
            f"the memory limit is {limit!r}; expected a size, as in 512MB or 2GB"
        ) from None


def fit_memory(connection: duckdb.DuckDBPyConnection, rows: int, most_mib: int = _MOST_MIB) -> None:
    """Limit memory to 1 GiB, or to 256 MiB for each thread or million rows if that is more.

    With 1 GiB, a catalog of ten times AudioSet's size takes far more than ten times as long. The
    limit never exceeds `most_mib`, nor half of the machine's memory; with 1.75 GiB a process stays
    below 2.5 GB.
    """
    ((threads,),) = connection.execute("select current_setting('threads')").fetchall()
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**21
    wanted = max(256 * int(threads), 256 * rows // 1_000_000)
    connection.execute(f"set memory_limit = '{max(1024, min(most_mib, half, wanted))}MiB'")


def checkpoint(path: Path) -> None:
    """Write the log that a killed program left beside a catalog into the catalog file."""
    try:
        with attach(path) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise _cannot_open(path, error) from None


def check_length(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise AudiosetDuckError if the end of a catalog file is missing.

    DuckDB opens such a file, since it reads the rows of a table only when a query needs them.
    """
    ((blocks, block_size),) = connection.execute(
        "select total_blocks, block_size from pragma_database_size()"
        " where database_name = current_database()"
    ).fetchall()
    length = path.stat().st_size
    # Free blocks at the end may be missing.
    if length >= _HEADER_BYTES + blocks * block_size:
        return
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = current_database()"
    ).fetchall()
    for schema, table in tables:
        relation = literal(f"{identifier(schema)}.{identifier(table)}")
        try:
            ((last,),) = connection.execute(
                "select max(greatest(block_id, list_max(additional_block_ids)))"
                f" from pragma_storage_info({relation})"
            ).fetchall()
        except duckdb.Error as error:
            raise _cannot_open(path, error) from None
        if last is not None and length < _HEADER_BYTES + (last + 1) * block_size:
            raise AudiosetDuckError(_damaged(path, f"the rows of {schema}.{table} are cut off"))


def damage(path: Path, error: Exception) -> str | None:
    """Return the message for an error that lost or changed bytes cause; None for other errors."""
    if not re.search(r"Corrupt database|Could not read enough bytes", str(error)):
        return None
    return _damaged(path, str(error).strip().splitlines()[0])


def _damaged(path: Path, reason: str) -> str:
    return f"{path} is damaged ({reason}); move it away and run audioset-duck build again"


def _check_catalog(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise AudiosetDuckError if a DuckDB file is not a catalog that this version can read."""
    columns = connection.execute(
        "select table_name, column_name from duckdb_columns()"
        " where database_name = current_database() and schema_name = 'meta'"
    ).fetchall()
    if not {"builds", "sources"} <= {table for table, _ in columns}:
        raise AudiosetDuckError(
            f"{path} is a DuckDB file, but not a catalog of audioset-duck; name another one with"
            " --catalog"
        )
    # Version 0.1 named it rows; today it is row_count.
    if ("sources", "rows") in columns:
        raise AudiosetDuckError(_outdated(connection, path))


def _outdated(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Return the message for a catalog of version 0.1: how to build it again, with its targets."""
    newest = connection.execute(
        "select versions, configuration from meta.builds order by rowid desc limit 1"
    ).fetchall()
    version, targets = "0.1", ["NAME"]
    with contextlib.suppress(TypeError, ValueError, AttributeError):
        versions, configuration = map(json.loads, newest[0] if newest else ("{}", "{}"))
        version = versions.get("audioset_duck", version)
        targets = list(configuration.get("targets", {})) or targets
    options = " ".join(f"--target {name}" for name in targets)
    return (
        f"{path} was built by audioset-duck {version}, and this version cannot read it; move the"
        f" file away and build the catalog again with audioset-duck build {options}. Tables of"
        " your own stay in the old file"
    )


def _cannot_open(path: Path, error: duckdb.Error) -> AudiosetDuckError:
    reason = str(error).strip().splitlines()[0]
    if "Could not set lock" in reason or "Conflicting lock" in reason:
        return AudiosetDuckError(
            f"{path} is open for writing in another program"
            + (f" (process {pid[1]})" if (pid := re.search(r"PID (\d+)", reason)) else "")
            + "; close it there"
        )
    if damaged := damage(path, error):
        return AudiosetDuckError(damaged)
    return AudiosetDuckError(
        f"{path} cannot be opened as a DuckDB file; name another one with --catalog ({reason})"
    )
