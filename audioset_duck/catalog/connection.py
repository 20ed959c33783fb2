"""The catalog file: created, opened, checked for damage, and how much memory it may take."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

import duckdb

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import check_utf8
from audioset_duck.sqltext import identifier, literal

# The oldest DuckDB that people have shells of: its files open there and in all that came since.
STORAGE_VERSION = "v1.4.0"


# A quarter of DuckDB's default: a demo's catalog is 2 MB, not 8, and a full one no slower.
BLOCK_SIZE = 65536


# Three headers, before the blocks of a DuckDB file.
_HEADER_BYTES = 3 * 4096


# The name of the open database: no target and no schema has it.
ALIAS = "audioset"


def open_catalog(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a catalog for reading.

    Raises:
        AudiosetDuckError: There is none, it is damaged, another program wrote the file or is
            writing it.
    """
    if not path.is_file():
        raise AudiosetDuckError(
            f"there is no catalog {path}; make one with audioset-duck build, or name another "
            "with --catalog"
        )
    try:
        connection = attach(path, "read_only")
    except duckdb.Error as error:
        raise _cannot_open(path, error) from None
    _check_ours(connection, path)
    return connection


def attach(path: Path, *options: str) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file by itself: whatever its name, and whatever else this process has open.

    `duckdb.connect(path)` would name the database after the file, so that a target of that name
    could not be asked for, and would share what another part of the program opened long ago.
    """
    connection = duckdb.connect()
    try:
        # A notebook without ipywidgets has no progress bar, and refuses to switch it off.
        with contextlib.suppress(duckdb.InvalidInputException):
            connection.execute("set enable_progress_bar = false")
        connection.execute("set python_enable_replacements = false")
        listed = f" ({', '.join(options)})" if options else ""
        connection.execute(f"attach {literal(str(check_utf8(path).absolute()))} as {ALIAS}{listed}")
        connection.execute(f"use {ALIAS}")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def attach_new(path: Path) -> duckdb.DuckDBPyConnection:
    """Make a DuckDB file that all shells since 1.4 open."""
    return attach(path, f"storage_version '{STORAGE_VERSION}'", f"block_size {BLOCK_SIZE}")


def bound_memory(
    connection: duckdb.DuckDBPyConnection, folder: Path, limit: str | None = None, rows: int = 0
) -> None:
    """Let what does not fit into memory go to the disk, into a folder `spilled` in another one.

    Args:
        connection: Whose memory.
        folder: Where there is room.
        limit: A size, as in `512MB`. None: what `fit_memory` takes for the rows.
        rows: How many there are, as far as that is known.

    Raises:
        AudiosetDuckError: The limit is no size.
    """
    connection.execute(f"set temp_directory = {literal(str(folder / 'spilled'))}")
    if limit is None:
        fit_memory(connection, rows)
        return
    try:
        connection.execute(f"set memory_limit = {literal(limit)}")
    except duckdb.Error:
        raise AudiosetDuckError(
            f"the memory limit is {limit!r}; right is a size, as in 512MB or 2GB"
        ) from None


def fit_memory(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Limit memory to 1 GiB; or 256 MiB a thread, or a million rows, if that is more.

    With 1 GiB ten AudioSets take far more than ten times as long. Half of the machine's memory is
    left to others.
    """
    ((threads,),) = connection.execute("select current_setting('threads')").fetchall()
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**21
    wanted = max(256 * int(threads), 256 * rows // 1_000_000)
    connection.execute(f"set memory_limit = '{max(1024, min(half, wanted))}MiB'")


def checkpoint(path: Path) -> None:
    """Write the log that a program left behind, by being killed, into the catalog file."""
    try:
        with attach(path) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise _cannot_open(path, error) from None


def check_length(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise AudiosetDuckError if the end of a catalog file is lost.

    Such a file may be opened: where a table's rows are, DuckDB looks when they are asked for.
    """
    ((blocks, block_size),) = connection.execute(
        "select total_blocks, block_size from pragma_database_size()"
        " where database_name = current_database()"
    ).fetchall()
    length = path.stat().st_size
    # Free blocks at the end need not be there.
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
    """What is told of an error of DuckDB that comes of a file with bytes lost or changed."""
    if not re.search(r"Corrupt database|Could not read enough bytes", str(error)):
        return None
    return _damaged(path, str(error).strip().splitlines()[0])


def _damaged(path: Path, reason: str) -> str:
    return f"{path} is damaged; move it away, and make it anew with audioset-duck build ({reason})"


def _check_ours(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    found = connection.execute(
        "from duckdb_tables() where database_name = current_database()"
        " and schema_name = 'meta' and table_name in ('builds', 'sources')"
    ).fetchall()
    if len(found) != 2:
        connection.close()
        raise AudiosetDuckError(
            f"{path} is a DuckDB file, but no catalog of audioset-duck; name another with --catalog"
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
        f"{path} cannot be opened as a DuckDB file; name another with --catalog ({reason})"
    )
