"""The journal of an audio root, and the inventory that the catalog makes of it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import jinja2
import pyarrow as pa

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.models import explain_columns, identifier, literal, split_header, sql_folder
from audioset_duck.sources import glob_literal

JOURNAL = "audioset-duck-journal.jsonl"

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


class Journal:
    """What is finished in an audio root, a line of JSON for each place of a clip.

    Only one process at a time can write to it. A line that was cut by a crash is passed over:
    what it would have told is done again.
    """

    def __init__(self, audio_root: Path, options: str) -> None:
        self.path = audio_root / JOURNAL
        # What was done with other options is no longer finished.
        self.options = hashlib.sha256(options.encode()).hexdigest()[:16]

    def __enter__(self) -> Journal:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self.path.open("ab")
        except OSError as error:
            raise AudiosetDuckError(
                f"{self.path.parent} cannot be written to: {error.strerror}; name another folder "
                "with --audio-root"
            ) from None
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._stream.close()
            raise AudiosetDuckError(
                f"another extraction into {self.path.parent} is under way; wait for it to end"
            ) from None
        # A line cut by a crash is ended, so that the next one stands by itself.
        if self._stream.tell():
            self._stream.write(b"\n")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    def finished(self, files: Sequence[str]) -> pa.Table:
        """The places that were finished with the same options, and whose files are there.

        Args:
            files: Paths below the audio root of the files that are there.

        Returns:
            Columns place, status, archive_stamp; no rows if there is no journal yet.
        """
        if not self.path.exists():
            return pa.table({name: [] for name in ("place", "status", "archive_stamp")})
        columns = ["place", "audio_path", "status", "archive_stamp", "options"]
        typed = ", ".join(f"{name}: 'varchar'" for name in columns)
        with duckdb.connect() as connection:
            connection.register("files", pa.table({"path": pa.array(files, pa.string())}))
            return connection.sql(
                f"""
                with lines as (
                    select *, row_number() over () as line
                    from read_json(
                        {glob_literal(self.path.resolve())},
                        format = 'newline_delimited',
                        ignore_errors = true,
                        hive_partitioning = false,
                        columns = {{{typed}}}
                    )
                ),

                newest as (
                    from lines
                    where place is not null
                    qualify row_number() over (partition by place order by line desc) = 1
                )

                select place, status, archive_stamp
                from newest
                where
                    options = $options
                    and (audio_path is null or audio_path in (select path from files))
                """,
                params={"options": self.options},
            ).to_arrow_table()

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows to the disk."""
        lines = "".join(f"{json.dumps(row | {'options': self.options})}\n" for row in rows)
        self._stream.write(lines.encode())
        self._stream.flush()
        os.fsync(self._stream.fileno())


def ensure_inventory(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `audio_files`, empty, unless the catalog has it."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items() if name != "place")
    connection.execute(f"create table if not exists main.audio_files ({columns})")
    _explain(connection, "One audio file of a clip.")


def load_journal(connection: duckdb.DuckDBPyConnection, audio_root: Path) -> None:
    """Make the table `audio_files` from the journal of an audio root."""
    root = audio_root.resolve()
    template = jinja2.Template((sql_folder() / "audio_files.sql").read_text(encoding="utf-8"))
    columns = ", ".join(f"{name}: {literal(kind)}" for name, kind in _COLUMNS.items())
    journal = (
        f"read_json({glob_literal(root / JOURNAL)}, format = 'newline_delimited',"
        f" ignore_errors = true, hive_partitioning = false, columns = {{{columns}}})"
    )
    comment, select = split_header(
        template.render(journal=journal, audio_root=str(root), literal=literal)
    )
    connection.execute(f"create or replace table main.audio_files as\n{select}")
    _explain(connection, comment)


def load_rows(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    """Make the table `audio_files` from rows of it, of files that were found.

    A silent file is valid if its clip is labelled Silence. What an extraction told of clips of
    which no file was found stays.

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

        judged as (
            select * replace (
                if(status = 'silent' and ytid in (from silence), 'ok', status) as status
            )
            from (select {typed} from found_files)
        )

        select * replace (
            if(status = 'ok', null, reason) as reason,
            if(status = 'ok', audio_path, null) as audio_path
        )
        from judged
        union all by name
        select *
        from main.audio_files
        where
            audio_path is null
            and (archive is not null or status = 'missing')
            and ytid not in (select ytid from judged where ytid is not null)
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
