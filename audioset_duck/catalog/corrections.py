"""Corrections of labels: marks of listeners, read from files into the catalog."""

from __future__ import annotations

import csv
import hashlib
import io
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from audioset_duck.catalog.models import render_query
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.progress import report

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
# A row of a file as it is read: where it stands, how many values it has, and those of `COLUMNS`.
_FILE_ROW = pa.schema(
    [
        ("file_number", pa.int64()),
        ("line", pa.int64()),
        ("value_count", pa.int64()),
        ("column_count", pa.int64()),
        *((name, pa.string()) for name in COLUMNS),
    ]
)
# How many errors of the files a message shows, and how much of a header.
_MOST_ERRORS = 3
_MOST_CHARACTERS = 200
_EXPECTED = (
    "expected a header with verdict, and sample_key or subset and clip_id, of"
    f" {', '.join(COLUMNS)}, separated by commas"
)


@dataclass(frozen=True)
class CorrectionsFile:
    """A file of corrections.

    Attributes:
        path: The file.
        sha256: SHA-256 of its bytes.
        rows: For each row its line, the number of its values and of the header's, and its values
            of `COLUMNS`.
    """

    path: Path
    sha256: str
    rows: tuple[tuple[Any, ...], ...] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return it as `meta.builds` records it."""
        return {"file": str(self.path), "sha256": self.sha256}


def read_corrections(paths: Sequence[Path]) -> tuple[CorrectionsFile, ...]:
    """Read files of corrections.

    A file may have several headers, as files that were put together with `cat` do.

    Raises:
        AudiosetDuckError: A file cannot be read, is not csv in UTF-8, or lacks columns.
    """
    found = []
    for path in paths:
        if path.exists() and not path.is_file():
            raise AudiosetDuckError(f"the corrections {path} cannot be read: it is not a file")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise AudiosetDuckError(
                f"the corrections {path} cannot be read: {error.strerror}"
            ) from None
        rows = tuple(_rows(path, _text(path, data)))
        found.append(CorrectionsFile(path, hashlib.sha256(data).hexdigest(), rows))
    return tuple(found)


def _text(path: Path, data: bytes) -> str:
    """The text of a file, without the marks of byte order with which files may begin."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise AudiosetDuckError(
            f"{path}, line {_line(data, error.start)}: the byte 0x{data[error.start]:02x} is not"
            " UTF-8; save the file as csv in UTF-8, not compressed"
        ) from None
    if "\0" in text:
        raise AudiosetDuckError(
            f"{path}, line {_line(data, data.index(0))}: there is a NUL byte; expected csv in UTF-8"
        )
    return text.replace("\ufeff", "")


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1


def _rows(path: Path, text: str) -> Iterator[tuple[Any, ...]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    places: list[int | None] = []
    column_count = 0
    line = 1
    try:
        for values in reader:
            names = [value.strip() for value in values]
            if "verdict" in names and ("sample_key" in names or {"subset", "clip_id"} <= {*names}):
                places = _places(path, line, names)
                column_count = len(names)
            elif any(names) and not places:
                raise AudiosetDuckError(
                    f"{path}, line {line}: there is no header before"
                    f" {','.join(names)[:_MOST_CHARACTERS]!r}; {_EXPECTED}"
                )
            elif any(names):
                # What a row lacks at its end is empty, and so is what it has too much.
                padded = [*values, *[""] * column_count]
                filled = max(place for place, name in enumerate(names, start=1) if name)
                cells = ["" if place is None else padded[place] for place in places]
                yield (line, filled, column_count, *cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise AudiosetDuckError(
            f"{path}, line {line}: the row is not valid csv ({error}); expected values of at most"
            f" {csv.field_size_limit():,} characters, in quotes if they have commas or lines"
        ) from None
    if not places:
        raise AudiosetDuckError(f"{path} is empty; {_EXPECTED}")


def _places(path: Path, line: int, names: Sequence[str]) -> list[int | None]:
    """Where in a row each of `COLUMNS` stands."""
    for name in COLUMNS:
        if names.count(name) > 1:
            raise AudiosetDuckError(
                f"{path}, line {line}: the column {name} is there {names.count(name)} times;"
                " expected each once"
            )
    return [names.index(name) if name in names else None for name in COLUMNS]


def ensure_marks(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table `internal.marks`, empty, unless the catalog has it."""
    is_there = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database()"
        " and (schema_name, table_name) = ('internal', 'marks')"
    ).fetchall()
    if not is_there:
        connection.execute(MARKS)


def load_corrections(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[CorrectionsFile],
    targets: Collection[str],
) -> None:
    """Replace the marks of the catalog by those of files.

    What contradicts itself and what marks nothing of this catalog is reported as a warning.

    Args:
        connection: The catalog, with the relations that all targets share.
        files: The files, the one that decides in doubt first.
        targets: The targets that the catalog will have.

    Raises:
        AudiosetDuckError: A file has invalid rows.
    """
    connection.execute(MARKS)
    if not files:
        return
    rows = [(number, *row) for number, file in enumerate(files) for row in file.rows]
    columns = zip(*rows, strict=True) if rows else [[] for _ in _FILE_ROW]
    connection.register("file_rows", pa.table(list(columns), schema=_FILE_ROW))
    connection.execute("create or replace temp table files (file_number bigint, file varchar)")
    for number, file in enumerate(files):
        connection.execute("insert into files values (?, ?)", [number, str(file.path)])
    _, query = render_query("corrections/raw_marks")
    connection.execute(f"create or replace temp table raw_marks as {query}")
    connection.unregister("file_rows")
    _raise_for_errors(connection, files)
    connection.execute(f"insert into internal.marks {render_query('corrections/marks')[1]}")
    connection.execute("drop table raw_marks")
    connection.execute("drop table files")
    _report(connection, len(rows), len(files))
    _warn(connection, targets)


def _raise_for_errors(
    connection: duckdb.DuckDBPyConnection, files: Sequence[CorrectionsFile]
) -> None:
    found = connection.execute(render_query("corrections/mark_errors")[1]).fetchall()
    if found:
        raise AudiosetDuckError(
            _first(f"{files[number].path}, line {line:,}: {what}" for number, line, what in found)
        )


def _first(texts: Iterable[str]) -> str:
    """The first of some texts, and how many more there are."""
    listed = list(texts)
    more = len(listed) - _MOST_ERRORS
    return "; ".join(listed[:_MOST_ERRORS]) + (f"; and {more:,} more" if more > 0 else "")


def _report(connection: duckdb.DuckDBPyConnection, row_count: int, file_count: int) -> None:
    counts = connection.execute(
        "select verdict || ' ' || count(*) from internal.marks group by verdict"
        " order by count(*) desc, verdict"
    ).fetchall()
    report(
        f"Corrections: {', '.join(text for (text,) in counts) or 'none'} (rows: {row_count:,},"
        f" files: {file_count:,})"
    )


def _warn(connection: duckdb.DuckDBPyConnection, targets: Collection[str]) -> None:
    disputed = connection.execute(
        "select file, line, verdict from internal.marks where is_disputed order by file, line"
    ).fetchall()
    if disputed:
        log.warning(
            "marks that contradict each other: %s (%s); those of one file count as unsure, and of"
            " several files the one that is named first decides",
            f"{len(disputed):,}",
            _first(f"{file}, line {line:,}: {verdict}" for file, line, verdict in disputed),
        )
    of_others = connection.execute(
        "select file, line, target from internal.marks"
        " where target is not null and not list_contains($1, target) order by file, line",
        [list(targets)],
    ).fetchall()
    unknown = connection.execute(render_query("corrections/unknown_marks")[1]).fetchall()
    for what, found in (("targets that", of_others), ("what", unknown)):
        if found:
            log.warning(
                "marks of %s the catalog does not have: %s (%s)",
                what,
                f"{len(found):,}",
                _first(f"{file}, line {line:,}: {name}" for file, line, name in found),
            )
