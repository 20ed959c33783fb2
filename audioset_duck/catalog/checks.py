"""Checks of a catalog: each model of `sql/checks/` selects rows that should not exist."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from audioset_duck.catalog.connection import bound_memory
from audioset_duck.catalog.labels import resolve
from audioset_duck.catalog.models import CHECK_LAYERS, Model, read_templates, render_models
from audioset_duck.catalog.state import parse_targets, read_state, source_rows
from audioset_duck.progress import progress
from audioset_duck.sqltext import identifier, sql_folder

# Two checks of a catalog of ten times AudioSet's size need more memory than a build of it.
_MOST_MIB = 3072


@dataclass(frozen=True)
class CheckResult:
    """The result of one check of one schema.

    Attributes:
        name: Name of the check, as of its file.
        schema: The target that was checked, or `main` for the shared relations.
        comment: What an offending row is.
        columns: Names of the offending rows' columns.
        rows: The first offending rows.
        count: Number of offending rows; 0 if the check passes.
    """

    name: str
    schema: str
    comment: str
    columns: list[str]
    rows: list[tuple[Any, ...]]
    count: int


def run_checks(connection: duckdb.DuckDBPyConnection, most: int = 10) -> Iterator[CheckResult]:
    """Run all checks, on the shared relations and then on each target.

    Args:
        connection: The catalog.
        most: How many offending rows of a check to return.

    Yields:
        The result of each check, in the order in which they run.
    """
    templates = read_templates(sql_folder())
    targets = [
        resolve(connection, target) for target in parse_targets(read_state(connection)).values()
    ]
    models = [
        model
        for target in [None, *targets]
        for model in render_models(templates, CHECK_LAYERS, target)
    ]
    ((database,),) = connection.execute("select current_database()").fetchall()

    def run(model: Model) -> CheckResult:
        with connection.cursor() as cursor:
            cursor.execute(f"use {identifier(database)}")
            return _run(cursor, model, most)

    # Two at a time: parts of many a check run on one core.
    with (
        tempfile.TemporaryDirectory(prefix="audioset-duck-") as folder,
        ThreadPoolExecutor(max_workers=2) as pool,
    ):
        rows = source_rows(connection)
        bound_memory(connection, Path(folder), rows=2 * rows, most_mib=_MOST_MIB)
        yield from progress(pool.map(run, models), name="check", unit="check", total=len(models))


def _run(connection: duckdb.DuckDBPyConnection, model: Model, most: int) -> CheckResult:
    result = connection.execute(
        f"select *, count(*) over () as offenders from (\n{model.select}\n) limit {most}"
    )
    columns = [column[0] for column in result.description or ()]
    rows = result.fetchall()
    return CheckResult(
        model.name,
        model.schema,
        model.comment,
        columns[:-1],
        [row[:-1] for row in rows],
        rows[0][-1] if rows else 0,
    )
