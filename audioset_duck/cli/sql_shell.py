"""SQL on a catalog: one query, or the DuckDB shell, both read-only."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from audioset_duck.catalog.connection import open_catalog
from audioset_duck.errors import AudiosetDuckError

_QUERIES = (
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.MULTI,  # a PIVOT
)


def run_query(
    catalog: Path, query: str, output_format: str = "table", *, is_safe: bool = False
) -> None:
    """Run one query and write its rows to stdout.

    Args:
        catalog: The catalog, opened for reading.
        query: One statement that gives rows.
        output_format: `table` (cut to what fits), or whole as `csv` or `json` (an array of
            objects), in UTF-8 on every terminal.
        is_safe: Let neither the query nor a view of the catalog read any other file.

    Raises:
        AudiosetDuckError: It is not one statement, or one that does anything but give rows.
        duckdb.Error: DuckDB refuses the query.
    """
    with (
        _interruptible(),
        open_catalog(catalog) as connection,
        _naming_arguments(connection, query),
    ):
        if is_safe:
            connection.execute("set enable_external_access = false")
        statements = connection.extract_statements(query)
        if not statements:
            raise AudiosetDuckError(
                "the query is empty; expected a SELECT, for example: from labels"
            )
        if len(statements) != 1:
            raise AudiosetDuckError(f"there are {len(statements)} statements; expected one query")
        (statement,) = statements
        if statement.type not in _QUERIES:
            raise AudiosetDuckError(f"this is a {statement.type.name} statement; expected a query")
        # In parentheses, a query must not end in a semicolon or a comment.
        text = re.sub(r";\s*(--[^\n]*)?\s*$", "", statement.query)
        if statement.type is duckdb.StatementType.EXPLAIN and output_format != "table":
            raise AudiosetDuckError("the result of EXPLAIN is text; expected --format table")
        if output_format == "table":
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
            connection.sql(text).show(max_width=width, max_rows=40)
            return
        # A file of escapes would be read as other values.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        if output_format == "csv":
            rows = connection.execute(f"select columns(*)::varchar from (\n{text}\n)")
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(column[0] for column in rows.description or ())
            while batch := rows.fetchmany(10_000):
                writer.writerows(batch)
        else:
            objects = connection.execute(
                f'select to_json("row of json")::varchar from (\n{text}\n) as "row of json"'
            )
            separator = "["
            while batch := objects.fetchmany(10_000):
                for (line,) in batch:
                    sys.stdout.write(f"{separator}{line}")
                    separator = ",\n"
            sys.stdout.write("[]\n" if separator == "[" else "]\n")


@contextlib.contextmanager
def _naming_arguments(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[None]:
    """Name the arguments if a query reads a table function as if it were a table."""
    try:
        yield
    except duckdb.CatalogException as error:
        name = re.search(r"Table with name (\w+) does not exist", str(error))
        calls = connection.execute(
            "select schema_name || '.' || name || '(' || array_to_string(parameters, ', ') || ')'"
            " from main.relations where kind = 'table function' and name = $1"
            " order by not contains($2, schema_name || '.' || name), schema_name limit 1",
            [name and name[1], query],
        ).fetchall()
        if not name or not calls:
            raise
        raise AudiosetDuckError(
            f"{name[1]} is a table function, which takes arguments: {calls[0][0]}"
        ) from None


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the process at once, since Python handlers wait for a query."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def open_shell(catalog: Path, *, is_safe: bool = False) -> None:
    """Replace this process by the DuckDB shell on a catalog, opened for reading.

    Raises:
        AudiosetDuckError: The catalog cannot be opened, or PATH has no shell.
    """
    open_catalog(catalog).close()
    program = shutil.which("duckdb")
    if program is None:
        raise AudiosetDuckError(
            "there is no DuckDB shell on PATH; install it with pip install duckdb-cli, or pass a"
            " query: audioset-duck sql 'select ...'"
        )
    sys.stdout.flush()
    # Not -safe: duckdb-cli from pip sets an option at its start, which -safe forbids.
    safe = ["-cmd", "set enable_external_access = false; set lock_configuration = true"]
    options = ["-readonly", *(safe if is_safe else [])]
    os.execv(program, [program, *options, str(catalog)])  # noqa: S606
