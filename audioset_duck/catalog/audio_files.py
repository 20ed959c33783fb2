"""The table `audio_files`: the inventory of audio that the catalog knows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa

from audioset_duck.catalog.models import explain_columns, split_header
from audioset_duck.sqltext import glob_literal, identifier, literal, sql_folder

_COLUMNS = {
    "ytid": "varchar",
    "place": "varchar",
    "audio_path": "varchar",
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


def ensure_inventory(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `audio_files`, empty, unless the catalog has it."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items() if name != "place")
    connection.execute(f"create table if not exists main.audio_files ({columns})")
    _explain(connection, "One audio file of a clip.")


def load_journal(connection: duckdb.DuckDBPyConnection, journal: Path) -> None:
    """Make the table `audio_files` from the journal of the audio root that it lies in."""
    journal = journal.resolve()
    template = jinja2.Template(
        (sql_folder() / "extraction" / "audio_files.sql").read_text(encoding="utf-8")
    )
    columns = ", ".join(f"{name}: {literal(kind)}" for name, kind in _COLUMNS.items())
    lines = (
        f"read_json({glob_literal(journal)}, format = 'newline_delimited',"
        f" ignore_errors = true, hive_partitioning = false, columns = {{{columns}}})"
    )
    comment, select = split_header(
        template.render(journal=lines, audio_root=str(journal.parent), literal=literal)
    )
    connection.execute(f"create or replace table main.audio_files as\n{select}")
    _explain(connection, comment)


def load_rows(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    """Make the table `audio_files` from rows of it, of files that were found.

    A silent file is valid if its clip is labelled Silence. Rows of an extraction about clips
    without a file are kept.

    Args:
        connection: To the catalog.
        rows: What a row lacks is null.
    """
    ensure_inventory(connection)
    columns = {name: kind for name, kind in _COLUMNS.items() if name != "place"}
    table = pa.table({name: [row.get(name) for row in rows] for name in columns})
    typed = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns.items())
    connection.register("found_files", table)
    connection.execute(f"""
        create or replace table main.audio_files as
        with silence as (select ytid from main.subset_clips where is_silence),

        checked as (
            select * replace (
                if(status = 'silent' and ytid in (from silence), 'ok', status) as status
            )
            from (select {typed} from found_files)
        )

        select * replace (
            if(status = 'ok', null, reason) as reason,
            if(status = 'ok', audio_path, null) as audio_path
        )
        from checked
        union all by name
        select *
        from main.audio_files
        where
            audio_path is null
            and (archive is not null or status = 'missing')
            and ytid not in (select ytid from checked where ytid is not null)
        order by ytid, audio_path
    """)
    connection.unregister("found_files")
    _explain(connection, "One audio file of a clip.")


def _explain(connection: duckdb.DuckDBPyConnection, comment: str) -> None:
    connection.execute(f"comment on table main.audio_files is {literal(comment)}")
    explain_columns(connection, {("main", "audio_files")})


def wanted_clips(targets: Sequence[str] = ()) -> str:
    """The SQL of the clips of `$subsets` (none: all), among which targets may be.

    A row is a clip of a subset: `subset`, `ytid`, and `is_silence`, whether it is labelled Silence.
    """
    of_targets = (
        f"""
        select
            {literal(name)} as subset,
            left(sample_clips.clip_id, 11) as ytid,
            subset_clips.is_silence
        from {identifier(name)}.sample_clips
        left join main.subset_clips using (clip_id)
        """
        for name in targets
    )
    every = " union all ".join(
        ["select subset, ytid, is_silence from main.subset_clips", *of_targets]
    )
    return f"""
        select subset, ytid, coalesce(bool_or(is_silence), false) as is_silence
        from ({every})
        where list_contains($subsets, subset) or $subsets = []
        group by subset, ytid
    """
