"""The steps of a build: the pools, the windows and the targets that are to be created."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from tqdm import tqdm

from audioset_duck.catalog.labels import resolve
from audioset_duck.catalog.models import (
    INTERNAL,
    POOL_LAYERS,
    SOURCE_LAYERS,
    TARGET_LAYERS,
    WINDOW_LAYERS,
    Model,
    Template,
    milliseconds,
    render_models,
    windows_schema,
)
from audioset_duck.catalog.relations import create, create_in_order, drop
from audioset_duck.config.sample_options import SampleOptions
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildSteps:
    """What a build has to create beside what follows from the source files alone.

    Attributes:
        pools: Whether to create the pools that all targets share.
        stale_schemas: Schemas to drop before.
        window_lengths: Window lengths, in milliseconds, whose windows are to be created.
        targets: The targets to create.
    """

    pools: bool
    stale_schemas: tuple[str, ...]
    window_lengths: tuple[int, ...]
    targets: tuple[Target, ...]

    def model_count(self, templates: Sequence[Template], changed: object) -> int:
        """How many models are to be created, those of changed sources included."""
        times = dict.fromkeys(SOURCE_LAYERS, int(bool(changed)))
        times |= dict.fromkeys(POOL_LAYERS, int(self.pools))
        times |= dict.fromkeys(WINDOW_LAYERS, len(self.window_lengths))
        return sum(times.get(template.layer, len(self.targets)) for template in templates)


def plan_steps(
    connection: duckdb.DuckDBPyConnection,
    kept: Mapping[str, Target],
    wanted: Mapping[str, Target],
    *,
    are_pools_stale: bool,
) -> BuildSteps:
    """Find what depends on what has changed, and what no target uses any more.

    Args:
        connection: The catalog, as the last build left it.
        kept: The targets that it has.
        wanted: The targets to create.
        are_pools_stale: Whether sources, audio or `[samples]` have changed, so that the pools,
            the windows and all targets are created again.
    """
    targets = {**kept, **wanted}
    lengths = {milliseconds(target.window_seconds): None for target in targets.values()}
    schemas = {
        schema
        for (schema,) in connection.execute(
            "select schema_name from duckdb_schemas() where database_name = current_database()"
        ).fetchall()
    }
    built = {schema for schema in schemas if re.fullmatch(rf"{INTERNAL}_\d+ms", schema)}
    current = set() if are_pools_stale else built & {windows_schema(length) for length in lengths}
    return BuildSteps(
        # Without a target there are no windows, and nobody needs pools.
        pools=bool(targets) and (are_pools_stale or not built),
        stale_schemas=tuple(sorted(built - current)),
        window_lengths=tuple(item for item in lengths if windows_schema(item) not in current),
        targets=tuple((targets if are_pools_stale else wanted).values()),
    )


def create_relations(
    connection: duckdb.DuckDBPyConnection,
    templates: Sequence[Template],
    steps: BuildSteps,
    samples: SampleOptions,
    bar: tqdm[Any],
    *,
    live: bool,
    named: Collection[str] = (),
) -> set[tuple[str, str]]:
    """Create the pools, windows and targets that are to be created.

    Args:
        connection: The catalog.
        templates: The models.
        steps: What to create.
        samples: The options of `[samples]`.
        bar: Progress bar that counts models.
        live: Create views.
        named: Names of the targets that this build was asked for.

    Returns:
        Schema and name of each relation.

    Raises:
        AudiosetDuckError: A target is invalid.
    """
    scopes: list[tuple[Collection[str], dict[str, Any]]] = []
    for schema in steps.stale_schemas:
        connection.execute(f"drop schema {identifier(schema)} cascade")
    if steps.pools:
        drop(connection, render_models(templates, POOL_LAYERS, samples=samples))
        scopes.append((POOL_LAYERS, {}))
    for length in steps.window_lengths:
        connection.execute(f"create schema {identifier(windows_schema(length))}")
        scopes.append((WINDOW_LAYERS, {"window_ms": length}))
    for target in steps.targets:
        try:
            resolved = resolve(connection, target)
        except AudiosetDuckError as error:
            if target.name in named:
                raise
            raise AudiosetDuckError(
                f"{error}. An earlier build put this target into the catalog; if you no longer need"
                f" it, run drop schema {target.name} cascade in the DuckDB shell"
            ) from None
        _warn_of_scores(connection, target.name)
        connection.execute(f"drop schema if exists {identifier(target.name)} cascade")
        connection.execute(f"create schema {identifier(target.name)}")
        scopes.append((TARGET_LAYERS, {"target": resolved}))
    models = [
        model
        for layers, scope in scopes
        for model in render_models(templates, layers, samples=samples, **scope)
    ]
    create_models(connection, models, bar, live=live)
    return {(model.schema, model.name) for model in models}


def _warn_of_scores(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Warn of the detectors whose scores go with the schema of a target."""
    scored = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database()"
        " and schema_name = $1 and table_name = 'detectors'",
        [name],
    ).fetchall()
    if not scored:
        return
    detectors = connection.execute(
        f"select detector from {identifier(name)}.detectors order by detector"
    ).fetchall()
    log.warning(
        "%s is rebuilt, so that the scores of its detectors are dropped (%s); score them again with"
        " audioset-duck score",
        name,
        ", ".join(detector for (detector,) in detectors),
    )


def create_models(
    connection: duckdb.DuckDBPyConnection, models: Sequence[Model], bar: tqdm[Any], *, live: bool
) -> None:
    """Create the relations of models, with what they mean.

    Args:
        connection: The catalog, with the schemas and with what the models refer to.
        models: The models.
        bar: Progress bar that counts models.
        live: Create views.

    Raises:
        AudiosetDuckError: The windows are too many to be numbered.
    """

    def work(cursor: duckdb.DuckDBPyConnection, model: Model) -> None:
        bar.set_postfix_str(f"{model.schema}.{model.name}")
        try:
            create(cursor, model, live)
        except duckdb.ConversionException:
            if model.layer not in WINDOW_LAYERS:
                raise
            (window_ms,) = re.findall(r"(\d+)ms$", model.schema)
            raise AudiosetDuckError(
                f"window_seconds is {int(window_ms) / 1000:g}, which cuts the events into more"
                " windows than the 2 billion that a catalog can number; use longer windows"
            ) from None
        bar.update()

    create_in_order(connection, models, work)
