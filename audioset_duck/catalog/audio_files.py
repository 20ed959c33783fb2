"""The table `audio_files`: the inventory of audio that the catalog knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from audioset_duck.catalog.models import render_query
from audioset_duck.catalog.relations import explain_columns
from audioset_duck.sqltext import glob_literal, literal

_COLUMNS = {
    "ytid": "varchar",
    "place": "varchar",
    "audio_path": "varchar",
    "byte_offset": "bigint",
    "byte_count": "bigint",
    "status": "varchar",
    "reason": "varchar",
    "duration_seconds": "decimal(9, 3)",
    "sample_rate_hz": "integer",
    "channels": "integer",
    "peak_dbfs": "double",
    "bytes": "bigint",
    "archive": "varchar",
    "member": "varchar",
}

# What is known of a file that was found, before it has a clip.
_FOUND = {name: kind for name, kind in _COLUMNS.items() if name not in ("ytid", "place")}
_ARROW_TYPES = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int64(),
    "decimal(9, 3)": pa.float64(),
    "double": pa.float64(),
}
# The columns of such a file: an id that stands beside it, or null, and what is known.
FOUND_FILES = pa.schema(
    [("name", pa.string()), *((name, _ARROW_TYPES[kind]) for name, kind in _FOUND.items())]
)


def ensure_inventory(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `audio_files`, empty, unless the catalog has it."""
    is_there = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database()"
        " and (schema_name, table_name) = ('main', 'audio_files')"
    ).fetchall()
    if not is_there:
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items() if name != "place")
        connection.execute(f"create table main.audio_files ({columns})")
        _explain(connection, "One audio file of a clip.")


def journal_lines(journal: Path, names: Iterable[str] = tuple(_COLUMNS)) -> str:
    """The SQL that reads columns of a journal, without lines that a crash cut short."""
    columns = ", ".join(f"{name}: {literal(_COLUMNS.get(name, 'varchar'))}" for name in names)
    return (
        f"read_json({glob_literal(journal.resolve())}, format = 'newline_delimited',"
        f" ignore_errors = true, hive_partitioning = false, columns = {{{columns}}})"
    )


def load_journal(connection: duckdb.DuckDBPyConnection, journal: Path) -> None:
    """Make the table `audio_files` from the journal of the audio root that it lies in."""
    audio_root = str(journal.resolve().parent)
    comment, select = render_query(
        "extraction/audio_files", journal=journal_lines(journal), audio_root=audio_root
    )
    connection.execute(f"create or replace table main.audio_files as\n{select}")
    _explain(connection, comment)


def load_found(connection: duckdb.DuckDBPyConnection, found: pa.Table) -> None:
    """Make the table `audio_files` from files that were found.

    The clip of a file follows from its name. A file that is not its clip, says its name or its
    length, is invalid; a silent file is valid if its clip is labelled Silence. Rows of an
    extraction about clips without a file are kept.

    Args:
        connection: To the catalog.
        found: The columns of `FOUND_FILES`.
    """
    ensure_inventory(connection)
    typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in _FOUND.items())
    connection.register("found_files", found)
    _, named = render_query(
        "extraction/named_files", relation="found_files", path="coalesce(member, audio_path)"
    )
    connection.execute(f"create or replace temp table named_files as\n{named}")
    _, select = render_query("extraction/found_audio_files", typed_columns=typed)
    connection.execute(f"create or replace table main.audio_files as\n{select}")
    connection.execute("drop table named_files")
    connection.unregister("found_files")
    _explain(connection, "One audio file of a clip.")


def _explain(connection: duckdb.DuckDBPyConnection, comment: str) -> None:
    connection.execute(f"comment on table main.audio_files is {literal(comment)}")
    explain_columns(connection, {("main", "audio_files")})


def create_wanted(
    connection: duckdb.DuckDBPyConnection, subsets: Sequence[str], targets: Sequence[str]
) -> None:
    """Create the temporary table `wanted` of clips whose audio is asked for.

    Its columns are subset, ytid and is_silence, whether the clip is labelled Silence.

    Args:
        connection: The catalog.
        subsets: Names of subsets and of targets, for the clips of their samples; none: all subsets.
        targets: Which of them are targets.
    """
    _, select = render_query("extraction/wanted_clips", subsets=list(subsets), targets=targets)
    connection.execute(f"create or replace temp table wanted as\n{select}")
