"""The steps of a build: the pools, the windows and the targets that are to be created."""

from __future__ import annotations

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
    Template,
    create,
    drop,
    explain_columns,
    milliseconds,
    render_models,
    windows_schema,
)
from audioset_duck.config.sample_options import SampleOptions
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier


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
) -> None:
    """Create the pools, windows and targets that are to be created.

    Args:
        connection: The catalog.
        templates: The models.
        steps: What to create.
        samples: The options of `[samples]`.
        bar: Progress bar that counts models.
        live: Create views.
        named: Names of the targets that this build was asked for.

    Raises:
        AudiosetDuckError: A target is invalid.
    """

    def create_models(schema: str, layers: Collection[str], **scope: Any) -> None:
        models = render_models(templates, layers, samples=samples, **scope)
        for model in models:
            bar.set_postfix_str(f"{schema}.{model.name}")
            create(connection, model, live)
            bar.update()
        explain_columns(connection, {(model.schema, model.name) for model in models})

    for schema in steps.stale_schemas:
        connection.execute(f"drop schema {identifier(schema)} cascade")
    if steps.pools:
        for model in render_models(templates, POOL_LAYERS, samples=samples):
            drop(connection, model)
        create_models(INTERNAL, POOL_LAYERS)
    for length in steps.window_lengths:
        schema = windows_schema(length)
        connection.execute(f"create schema {identifier(schema)}")
        try:
            create_models(schema, WINDOW_LAYERS, window_ms=length)
        except duckdb.ConversionException:
            raise AudiosetDuckError(
                f"window_seconds is {length / 1000:g}, which cuts the events into more windows than"
                " the 2 billion that a catalog can number; use longer windows"
            ) from None
    for target in steps.targets:
        try:
            resolved = resolve(connection, target)
            connection.execute(f"drop schema if exists {identifier(target.name)} cascade")
            connection.execute(f"create schema {identifier(target.name)}")
            create_models(target.name, TARGET_LAYERS, target=resolved)
        except AudiosetDuckError as error:
            if target.name in named:
                raise
            raise AudiosetDuckError(
                f"{error}. An earlier build put this target into the catalog; if you no longer need"
                f" it, run drop schema {target.name} cascade in the DuckDB shell"
            ) from None
