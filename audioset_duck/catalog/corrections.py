"""Corrections of labels: marks of listeners, read from files into the catalog."""

from __future__ import annotations

import csv
import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from audioset_duck.catalog.connection import reason_of
from audioset_duck.catalog.models import render_query
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import glob_literal, identifier

log = logging.getLogger(__name__)

# The columns of a file, of which it needs `verdict`, and `sample_key` or `subset` and `clip_id`.
COLUMNS = (
    "target",
    "sample_key",
    "subset",
    "clip_id",
    "event_id",
    "label_id",
    "verdict",
    "note",
)
MARKS = """
    create or replace table internal.marks (
        target varchar, sample_key varchar, subset varchar, clip_id varchar, event_id bigint,
        label_id varchar, verdict varchar, note varchar, file varchar, line bigint,
        is_disputed boolean
    );
    comment on table internal.marks is 'One mark of a listener, of any target: see corrections.'
"""
# How many errors of the files a message shows.
_MOST_ERRORS = 3


@dataclass(frozen=True)
class CorrectionsFile:
    """A file of corrections.

    Attributes:
        path: The file.
        sha256: SHA-256 of its bytes.
    """

    path: Path
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """Return it as `meta.builds` records it."""
        return {"file": str(self.path), "sha256": self.sha256}


def find_corrections(paths: Sequence[Path]) -> tuple[CorrectionsFile, ...]:
    """Find files of corrections.

    Raises:
        AudiosetDuckError: A file cannot be read.
    """
    found = []
    for path in paths:
        if not path.is_file():
            raise AudiosetDuckError(f"the corrections {path} cannot be read: it is not a file")
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise AudiosetDuckError(
                f"the corrections {path} cannot be read: {error.strerror}"
            ) from None
        found.append(CorrectionsFile(path, digest))
    return tuple(found)


def ensure_marks(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table `internal.marks`, empty, unless the catalog has it."""
    is_there = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database()"
        " and (schema_name, table_name) = ('internal', 'marks')"
    ).fetchall()
    if not is_there:
        connection.execute(MARKS)


def load_corrections(
    connection: duckdb.DuckDBPyConnection, files: Sequence[CorrectionsFile]
) -> None:
    """Replace the marks of the catalog by those of files.

    What contradicts itself and what marks nothing of this catalog is reported as a warning.

    Args:
        connection: The catalog, with the relations that all targets share.
        files: The files, the one that decides in doubt first.

    Raises:
        AudiosetDuckError: A file has invalid rows, or lacks columns.
    """
    connection.execute(MARKS)
    if not files:
        return
    connection.execute("create or replace temp table files (file_number bigint, file varchar)")
    for number, file in enumerate(files):
        connection.execute("insert into files values (?, ?)", [number, str(file.path)])
        _read(connection, number, file.path)
    _raise_for_errors(connection, files)
    connection.execute(f"insert into internal.marks {render_query('corrections/marks')[1]}")
    connection.execute("drop table raw_marks")
    connection.execute("drop table files")
    _warn(connection)


def _read(connection: duckdb.DuckDBPyConnection, number: int, path: Path) -> None:
    """Read a file into the temporary table `raw_marks`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = [name.strip() for name in next(csv.reader(stream), [])]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AudiosetDuckError(f"the corrections {path} cannot be read: {error}") from None
    names_clip = "sample_key" in header or {"subset", "clip_id"} <= {*header}
    if "verdict" not in header or not names_clip:
        raise AudiosetDuckError(
            f"{path} has the columns {', '.join(header) or 'none'}; expected verdict, and"
            f" sample_key or subset and clip_id, of {', '.join(COLUMNS)}"
        )
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise AudiosetDuckError(f"{path} has several columns {', '.join(repeated)}; leave one")
    # In several threads, DuckDB does not read notes of several lines.
    source = (
        f"read_csv({glob_literal(path.resolve())}, hive_partitioning = false, header = true,"
        " all_varchar = true, delim = ',', quote = '\"', escape = '\"', null_padding = true,"
        " parallel = false)"
    )
    _, query = render_query(
        "corrections/marks_file",
        file_number=number,
        rows=source,
        **{name: identifier(name) if name in header else "null" for name in COLUMNS},
    )
    how = "insert into raw_marks" if number else "create or replace temp table raw_marks as"
    try:
        found = connection.sql(f"from {source} limit 0").columns
        if len(found) > len(header):
            raise AudiosetDuckError(
                f"{path} has rows of {len(found)} columns below a header of {len(header)}; put"
                " notes with commas between double quotes"
            )
        connection.execute(f"{how} {query}")
    except duckdb.Error as error:
        raise AudiosetDuckError(
            f"the corrections {path} cannot be read: {reason_of(error)}"
        ) from None


def _raise_for_errors(
    connection: duckdb.DuckDBPyConnection, files: Sequence[CorrectionsFile]
) -> None:
    found = connection.execute(render_query("corrections/mark_errors")[1]).fetchall()
    if not found:
        return
    listed = "; ".join(
        f"{files[number].path}, line {line:,}: {problem}"
        for number, line, problem in found[:_MOST_ERRORS]
    )
    more = f"; and {len(found) - _MOST_ERRORS:,} more errors" if len(found) > _MOST_ERRORS else ""
    raise AudiosetDuckError(f"{listed}{more}")


def _warn(connection: duckdb.DuckDBPyConnection) -> None:
    disputed = connection.execute(
        "select file, line, verdict, count(*) over () from internal.marks where is_disputed"
        " order by file, line limit 1"
    ).fetchall()
    for file, line, verdict, count in disputed:
        log.warning(
            "marks that contradict each other: %d, such as that of %s, line %d, which counts as %s;"
            " of several files, the one that is named first decides",
            count,
            file,
            line,
            verdict,
        )
    unknown = connection.execute(render_query("corrections/unknown_marks")[1]).fetchall()
    if unknown:
        file, line, name = unknown[0]
        log.warning(
            "marks of what the catalog does not have: %d, such as %s of %s, line %d",
            len(unknown),
            name,
            file,
            line,
        )
