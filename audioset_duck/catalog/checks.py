"""The checks of `sql/checks/`: each is a SELECT of what should not be there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from audioset_duck.catalog.labels import resolve
from audioset_duck.catalog.models import CHECK_LAYERS, Model, read_templates, render_models
from audioset_duck.catalog.state import kept_targets, read_state
from audioset_duck.progress import progress
from audioset_duck.sqltext import sql_folder


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        name: The check.
        schema: The target that was checked, or `main`.
        comment: What an offending row is.
        columns: Names of the offending rows' columns.
        rows: The first offending rows.
        count: How many there are; 0 if all is sound.
    """

    name: str
    schema: str
    comment: str
    columns: list[str]
    rows: list[tuple[Any, ...]]
    count: int


def run_checks(connection: duckdb.DuckDBPyConnection, most: int = 10) -> Iterator[CheckResult]:
    """Run every check on what all targets share, then on each target; at most `most` rows each."""
    templates = read_templates(sql_folder())
    targets = [
        resolve(connection, target) for target in kept_targets(read_state(connection)).values()
    ]
    models = [
        model
        for target in [None, *targets]
        for model in render_models(templates, CHECK_LAYERS, target)
    ]
    for model in progress(models, name="check", unit="check"):
        yield _run(connection, model, most)


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
