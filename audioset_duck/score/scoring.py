"""Scores of a target's detectors: predictions in, relations of the target's schema out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from audioset_duck.catalog.labels import resolve
from audioset_duck.catalog.models import Model, fingerprint
from audioset_duck.catalog.relations import create, create_in_order, explain_columns
from audioset_duck.catalog.state import parse_targets, read_newest_build, require_target
from audioset_duck.catalog.swap import replace_catalog
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.progress import progress
from audioset_duck.score.completeness import (
    check_framed_frames,
    check_predictions,
    completeness,
    warn_of_what_is_not_known,
)
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.predictions import read_predictions
from audioset_duck.score.scoring_plan import (
    SCRATCH,
    ScoringPlan,
    check_options,
    needed_models,
    plan_scoring,
)
from audioset_duck.sources.definitions import SOURCES
from audioset_duck.sqltext import literal


def score(
    catalog: Path,
    target: str,
    files: Sequence[Path],
    options: ScoreOptions | None = None,
) -> tuple[str, ...]:
    """Compare detectors' scores with the labels, and store all about it in the catalog.

    The relations stand in the schema of the target. Detectors that were scored before stay; one of
    the same name is replaced. The catalog is replaced as a whole, as by a build.

    Args:
        catalog: The catalog file.
        target: Name of a target in the catalog.
        files: The predictions: see `predictions.FORMS` for their columns.
        options: How to score.

    Returns:
        The names of the detectors.

    Raises:
        AudiosetDuckError: The catalog, the target, the predictions or an option is invalid, or
            predictions are missing.
    """
    options = options or ScoreOptions()
    check_options(options)
    no_catalog = (
        f"there is no catalog {catalog}; create it with audioset-duck build, or name another one"
        " with --catalog"
    )
    if not catalog.exists():
        raise AudiosetDuckError(no_catalog)
    with replace_catalog(catalog) as (connection, old):
        if old is None:
            raise AudiosetDuckError(no_catalog)
        require_target(connection, target)
        if old.models != fingerprint(repr(SOURCES)):
            version = read_newest_build(connection).versions.get("audioset_duck", "unknown")
            raise AudiosetDuckError(
                f"{catalog} was built by another version of audioset-duck, {version}; update it"
                " with audioset-duck build"
            )
        resolved = resolve(connection, parse_targets(old)[target])
        connection.execute(f"attach ':memory:' as {SCRATCH}")
        predictions = read_predictions(connection, files, options.detector)
        plan = plan_scoring(connection, resolved, predictions, options)
        models = needed_models(plan, plan.checks())
        create_in_order(connection, models, _create)
        check_predictions(connection, plan)
        created: set[tuple[str, str]] = set()
        for detector in predictions.detectors:
            created |= _score_detector(connection, plan, detector, {model.name for model in models})
            check_framed_frames(connection, plan, detector)
            warn_of_what_is_not_known(connection, plan, detector)
        explain_columns(connection, created)
        connection.execute(f"detach {SCRATCH}")
    return predictions.detectors


def _score_detector(
    connection: duckdb.DuckDBPyConnection, plan: ScoringPlan, detector: str, done: Collection[str]
) -> set[tuple[str, str]]:
    """Create all relations of a detector; return those that the catalog did not have."""
    counts = completeness(connection, plan, detector)
    models = [
        model
        for model in needed_models(plan, detector=detector, **counts)
        if model.name not in done
    ]
    existing = {
        relation
        for (relation,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = $1"
            " union all select view_name from duckdb_views() where schema_name = $1"
            " union all select function_name from duckdb_functions() where schema_name = $1",
            [plan.target.name],
        ).fetchall()
    }
    with progress(name=f"score {detector}", unit="model", total=len(models)) as bar:

        def work(cursor: duckdb.DuckDBPyConnection, model: Model) -> None:
            if model.schema == SCRATCH or model.name not in existing:
                _create(cursor, model)
            elif model.materialized == "incremental":
                cursor.execute(f"delete from {model.relation} where detector = {literal(detector)}")
                cursor.execute(f"insert into {model.relation} {model.select}")
            bar.update()

        create_in_order(connection, models, work)
    return {
        (model.schema, model.name)
        for model in models
        if model.schema != SCRATCH and model.name not in existing
    }


def _create(cursor: duckdb.DuckDBPyConnection, model: Model) -> None:
    if model.schema == SCRATCH:
        cursor.execute(f"create or replace table {model.relation} as {model.select}")
    elif model.materialized == "incremental":
        create(cursor, replace(model, materialized="table"))
    else:
        create(cursor, model)
