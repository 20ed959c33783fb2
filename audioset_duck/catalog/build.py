"""The build: source files and targets in, one whole catalog out, or the old one as it was."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
from tqdm import tqdm

from audioset_duck.catalog.audio_files import ensure_inventory, load_rows
from audioset_duck.catalog.connection import fit_memory
from audioset_duck.catalog.labels import resolve
from audioset_duck.catalog.models import (
    RELATION_LAYERS,
    Template,
    create,
    create_macros,
    drop,
    explain_columns,
    fingerprint,
    read_templates,
    render_models,
)
from audioset_duck.catalog.staging import load_sources, source_sql
from audioset_duck.catalog.state import CatalogState, kept_targets, source_rows
from audioset_duck.catalog.swap import replace_catalog
from audioset_duck.config.targets import RESERVED_NAMES, Target
from audioset_duck.config.training_options import training_options_json
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.progress import progress
from audioset_duck.sources.definitions import SOURCES
from audioset_duck.sources.files import SourceFile, find_sources, warn_of_missing
from audioset_duck.sqltext import identifier, literal, sql_folder

log = logging.getLogger(__name__)

DEFAULT_METADATA = Path("metadata")


def build(
    catalog: Path,
    targets: Sequence[Target] = (),
    metadata: Path | None = None,
    *,
    inventory: list[dict[str, Any]] | None = None,
    live: bool = False,
    skip_bad_rows: bool = False,
    memory_limit: str | None = None,
) -> None:
    """Make a catalog, or bring one up to date; targets that it has already are kept.

    The new catalog is made beside the old one and moved over it at the end: whoever reads the
    old one is not disturbed, and a build that fails or is killed leaves it as it was. Sources
    that did not change since they were loaded are not read again.

    Args:
        catalog: The catalog file.
        targets: What to build; a target of the same name is replaced.
        metadata: The folder of the source files. None: `metadata`, or if there is no such
            folder, the sources that the catalog holds.
        inventory: Rows of `audio_files`, from `scan.find_files`; None: the catalog's own are kept.
        live: Make every relation a view over the source files.
        skip_bad_rows: Leave rows that are not sound out, and list them in `meta.rejected_rows`.
        memory_limit: What DuckDB may take before it goes to the disk, as in `512MB`. None: 1 GiB;
            or 256 MiB a thread, or a million rows, if that is more.

    Raises:
        AudiosetDuckError: The sources, a target or the old catalog are not as they should be,
            or another build of this catalog is under way.
    """
    began = time.monotonic()
    started = datetime.now(UTC).replace(tzinfo=None)
    if live and skip_bad_rows:
        raise AudiosetDuckError(
            "--live reads the files as they are, so it cannot leave rows out: mend the files, or "
            "build without --live"
        )
    with replace_catalog(catalog, memory_limit) as (connection, old):
        kept = kept_targets(old) if old else {}
        _check_file_name(catalog, {*kept, *(target.name for target in targets)})
        _check_schemas(connection, kept, targets)
        wanted = {target.name: target for target in targets}
        changed = _changed_sources(old, metadata, live=live, skip_bad_rows=skip_bad_rows)
        if changed or inventory is not None:
            wanted = kept | wanted
        templates = read_templates(sql_folder(), RELATION_LAYERS)
        per_target = sum(template.is_of_target for template in templates)
        steps = per_target * len(wanted) + (len(templates) - per_target if changed else 0)
        with progress(name="build", unit="model", total=steps) as bar:
            if changed:
                _make_shared(
                    connection, templates, changed, bar, live=live, skip_bad_rows=skip_bad_rows
                )
                if memory_limit is None:
                    fit_memory(connection, source_rows(connection))
            ensure_inventory(connection)
            if inventory is not None:
                load_rows(connection, inventory)
            for target in wanted.values():
                try:
                    _make_target(connection, templates, target, bar, live=live)
                except AudiosetDuckError as error:
                    if target in targets:
                        raise
                    raise AudiosetDuckError(
                        f"{error}. The catalog has this target of an earlier build; if it is no"
                        f" longer wanted, drop schema {target.name} cascade in the DuckDB shell"
                    ) from None
        # What takes long is then in the seconds that are written down.
        connection.execute("checkpoint")
        configuration = {
            "live": live,
            "skip_bad_rows": skip_bad_rows if changed or not old else bool(old.rejected_count),
            "targets": {name: _options(target) for name, target in (kept | wanted).items()},
        }
        _write_build(connection, started, configuration, time.monotonic() - began)


def replace_inventory(catalog: Path, load: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
    """Change the table `audio_files` of a catalog, and make its targets' samples anew.

    Args:
        catalog: The catalog file.
        load: Makes the table, on a connection to the new catalog.

    Raises:
        AudiosetDuckError: The catalog cannot be replaced.
    """
    with replace_catalog(catalog) as (connection, old):
        load(connection)
        if old is None or not old.targets:
            return
        if old.models != fingerprint(repr(SOURCES)):
            log.warning(
                "the catalog was made by another version of audioset-duck: its samples are as they"
                " were; make them anew with audioset-duck build"
            )
            return
        templates = read_templates(sql_folder(), RELATION_LAYERS)
        with progress(name="build", unit="model", disable=True) as bar:
            for target in kept_targets(old).values():
                _make_target(connection, templates, target, bar, live=old.is_live)


def _check_file_name(catalog: Path, targets: set[str]) -> None:
    """Shells name the database after its file: it must not be the name of a schema in it."""
    name = catalog.name.split(".")[0]
    if name.lower() in targets.union(RESERVED_NAMES):
        raise AudiosetDuckError(
            f"{catalog} would have the name of a schema in it, and DuckDB could not tell the two "
            f"apart; right is, for example, {catalog.with_name(f'{name}_catalog.duckdb')}"
        )


def _changed_sources(
    old: CatalogState | None, metadata: Path | None, *, live: bool, skip_bad_rows: bool
) -> list[SourceFile] | None:
    """The sources that must be read; None if the old catalog holds what they would give.

    Raises:
        AudiosetDuckError: There is no folder to read them from.
    """
    stale = None
    if old is None:
        stale = "there is no catalog yet"
    elif live or old.is_live:
        stale = "a live catalog reads its files"
    elif old.models != fingerprint(repr(SOURCES)):
        stale = "the catalog was made by another version of audioset-duck"
    if metadata is None and not DEFAULT_METADATA.is_dir():
        if old is None:
            return find_sources(DEFAULT_METADATA)
        if stale is None:
            log.warning(
                "there is no folder %s: the catalog's own sources are used", DEFAULT_METADATA
            )
            return None
        raise AudiosetDuckError(
            f"the sources must be read, since {stale}; name their folder with --metadata DIR"
        )
    folder = metadata or DEFAULT_METADATA
    files = find_sources(folder)
    # What is missing as it was before has been told.
    if old is None or old.sha256s.keys() != {file.path.name for file in files}:
        warn_of_missing(folder, files)
    if stale is None and old and old.sha256s == {file.path.name: file.sha256 for file in files}:
        return None
    return files


def _options(target: Target) -> dict[str, Any]:
    return {
        "labels": list(target.labels),
        "ignore": list(target.ignore),
        "descendants": target.descendants,
        "window_seconds": str(target.window_seconds),
        "training": training_options_json(target.training),
    }


def _check_schemas(
    connection: duckdb.DuckDBPyConnection, kept: dict[str, Target], targets: Sequence[Target]
) -> None:
    """A schema that the user made is not a target's to replace."""
    schemas = connection.execute(
        "select schema_name from duckdb_schemas()"
        " where database_name = current_database() and not internal"
    ).fetchall()
    for target in targets:
        if (target.name,) in schemas and target.name not in kept:
            raise AudiosetDuckError(
                f"the catalog has a schema {target.name} that is no target; rename one of them"
            )


def _make_shared(
    connection: duckdb.DuckDBPyConnection,
    templates: list[Template],
    files: list[SourceFile],
    bar: tqdm[Any],
    *,
    live: bool,
    skip_bad_rows: bool,
) -> None:
    """Make the relations that all targets share, and what `meta` says of the sources."""
    models = render_models(templates, RELATION_LAYERS, source=source_sql(files))
    connection.execute("create schema if not exists staging")
    create_macros(connection)
    for model in models:
        drop(connection, model)
    connection.execute("checkpoint")
    _create_meta(connection)
    load_sources(connection, templates, files, bar, live=live, skip_bad_rows=skip_bad_rows)
    for model in models:
        if model.layer != "staging":
            bar.set_postfix_str(model.name)
            create(connection, model, live)
            bar.update()
    explain_columns(connection, {(model.schema, model.name) for model in models})
    ((unknown,),) = connection.execute("""
        select count(*) filter (where label_index is not null and not (is_strong or is_weak))
        from main.labels
        having bool_or(is_strong or is_weak)
        union all
        select 0
        order by 1 desc
        limit 1
    """).fetchall()
    if unknown:
        log.warning(
            "labels of the data that no label file knows: %d; see audioset-duck check", unknown
        )


def _make_target(
    connection: duckdb.DuckDBPyConnection,
    templates: list[Template],
    target: Target,
    bar: tqdm[Any],
    *,
    live: bool,
) -> None:
    resolved = resolve(connection, target)
    schema = identifier(target.name)
    connection.execute(f"drop schema if exists {schema} cascade")
    connection.execute(f"create schema {schema}")
    models = render_models(templates, RELATION_LAYERS, resolved)
    for model in models:
        bar.set_postfix_str(f"{target.name}.{model.name}")
        create(connection, model, live)
        bar.update()
    explain_columns(connection, {(model.schema, model.name) for model in models})


def _create_meta(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        create schema if not exists meta;
        create or replace table meta.sources (
            file varchar, bytes bigint, sha256 varchar, row_count bigint, rejected_count bigint
        );
        create or replace table meta.rejected_rows (
            file varchar, line bigint, reason varchar, text varchar
        );
        create table if not exists meta.builds (
            time timestamp, versions json, configuration json, seconds double
        );
    """)
    comments = {
        "sources": "One source file that the catalog is made of.",
        "rejected_rows": "One row that --skip-bad-rows left out.",
        "builds": "One build of this catalog, the newest last.",
    }
    for name, comment in comments.items():
        connection.execute(f"comment on table meta.{name} is {literal(comment)}")
    explain_columns(connection, {("meta", name) for name in comments})


def _write_build(
    connection: duckdb.DuckDBPyConnection,
    started: datetime,
    configuration: dict[str, Any],
    seconds: float,
) -> None:
    versions = {
        "audioset_duck": version("audioset-duck"),
        "duckdb": duckdb.__version__,
        "models": fingerprint(repr(SOURCES)),
    }
    connection.execute(
        "insert into meta.builds values (?, ?, ?, ?)",
        [started, json.dumps(versions), json.dumps(configuration), round(seconds, 3)],
    )
