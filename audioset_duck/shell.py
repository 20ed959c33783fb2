"""Ad-hoc SQL on a catalog: one query, or the DuckDB shell; both can only read."""

from __future__ import annotations

import csv
import os
import shutil
import sys
from pathlib import Path

from audioset_duck.catalog import open_catalog
from audioset_duck.errors import AudiosetDuckError

FORMATS = ("table", "csv", "json")


def run_query(catalog: Path, query: str, output_format: str = "table") -> None:
    """Run one query and write its rows to stdout.

    Args:
        catalog: The catalog, opened for reading.
        query: SQL that gives rows.
        output_format: `table` (cut to what fits), or whole as `csv` or `json` (an array of
            objects).

    Raises:
        AudiosetDuckError: The query is not one SELECT.
        duckdb.Error: DuckDB refuses the query.
    """
    with open_catalog(catalog) as connection:
        statements = connection.extract_statements(query)
        if len(statements) != 1:
            raise AudiosetDuckError(f"{len(statements)} statements; right is one query at a time")
        relation = connection.sql(query)
        if relation is None:
            raise AudiosetDuckError("the statement gives no rows; right is a query")
        if output_format == "table":
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
            relation.show(max_width=width, max_rows=40)
        elif output_format == "csv":
            writer = csv.writer(sys.stdout)
            writer.writerow(relation.columns)
            texts = connection.execute("select columns(*)::varchar from relation")
            while rows := texts.fetchmany(10_000):
                writer.writerows(rows)
        else:
            objects = connection.execute("select to_json(row)::varchar from relation as row")
            separator = "["
            while rows := objects.fetchmany(10_000):
                for (text,) in rows:
                    sys.stdout.write(f"{separator}{text}")
                    separator = ",\n"
            sys.stdout.write("[]\n" if separator == "[" else "]\n")


def open_shell(catalog: Path) -> None:
    """Become the DuckDB shell on a catalog, opened for reading.

    Raises:
        AudiosetDuckError: There is no catalog, or no shell on PATH.
    """
    open_catalog(catalog).close()
    program = shutil.which("duckdb")
    if program is None:
        raise AudiosetDuckError(
            "there is no DuckDB shell on PATH; install one with pip install duckdb-cli, or give "
            "a query: audioset-duck sql 'select ...'"
        )
    sys.stdout.flush()
    os.execv(program, [program, "-readonly", str(catalog)])  # noqa: S606
