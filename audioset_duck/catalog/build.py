"""The build of a catalog from source files and targets, all of it or nothing."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from tqdm import tqdm

from audioset_duck.catalog.audio_files import ensure_inventory, load_found
from audioset_duck.catalog.build_steps import create_models, create_relations, plan_steps
from audioset_duck.catalog.connection import fit_memory, open_catalog
from audioset_duck.catalog.corrections import ensure_marks, load_corrections, read_corrections
from audioset_duck.catalog.labels import resolve_samples
from audioset_duck.catalog.models import (
    INTERNAL,
    RELATION_LAYERS,
    SOURCE_LAYERS,
    Template,
    fingerprint,
    read_templates,
    render_models,
)
from audioset_duck.catalog.relations import create_macros, drop, explain_columns
from audioset_duck.catalog.staging import load_sources, source_reader
from audioset_duck.catalog.state import CatalogState, parse_targets, read_state, source_rows
from audioset_duck.catalog.swap import replace_catalog
from audioset_duck.config.option_values import options_json
from audioset_duck.config.sample_options import (
    SampleOptions,
    describe_changes,
    parse_sample_options,
)
from audioset_duck.config.targets import Target, is_reserved
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.progress import progress
from audioset_duck.sources.definitions import SOURCES
from audioset_duck.sources.files import SourceFile, find_sources, warn_of_missing
from audioset_duck.sqltext import sql_folder

log = logging.getLogger(__name__)

# The tables in which a catalog records of what it was made.
_META = {("meta", name) for name in ("sources", "rejected_rows", "builds")}

DEFAULT_METADATA = Path("metadata")


def build(
    catalog: Path,
    targets: Sequence[Target] = (),
    metadata: Path | None = None,
    *,
    samples: Mapping[str, object] | None = None,
    corrections: Sequence[Path] = (),
    inventory: pa.Table | None = None,
    live: bool = False,
    skip_bad_rows: bool = False,
    memory_limit: str | None = None,
) -> None:
    """Create a catalog, or update one; the targets that it already has are kept.

    The new catalog is written beside the old one and replaces it at the end, so that readers of the
    old one are not disturbed, and a build that fails or is killed does not change it. Source files
    that have not changed since they were loaded are not read again.

    Args:
        catalog: The catalog file.
        targets: The targets to build; they replace targets of the same names.
        metadata: The folder of the source files. None: `metadata`, or if there is no such
            folder, the sources that the catalog holds.
        samples: Options of the catalog that the user sets, by name, as `SampleOptions` has them;
            the others stay as the old catalog has them. If any changes, all targets are rebuilt.
        corrections: Files of marks of listeners, the one that decides in doubt first. If they are
            others than those of the last build, or have changed, all targets are rebuilt.
        inventory: What `scan.find_files` found. None: the inventory that the catalog has.
        live: Create every relation as a view over the source files.
        skip_bad_rows: Leave invalid rows out, and list them in `meta.rejected_rows`.
        memory_limit: How much memory DuckDB uses before it spills to disk, as in `512MB`. None:
            1 GiB, or 256 MiB for each thread or million rows if that is more.

    Raises:
        AudiosetDuckError: The sources, a target, an option or the old catalog are invalid, or
            another build of this catalog is in progress.
    """
    began = time.monotonic()
    started = datetime.now(UTC).replace(tzinfo=None)
    if live and skip_bad_rows:
        raise AudiosetDuckError(
            "--live cannot be combined with --skip-bad-rows, since its views read whole files; fix"
            " the files, or build without --live"
        )
    with replace_catalog(catalog, memory_limit) as (connection, old):
        kept = parse_targets(old) if old else {}
        _check_file_name(catalog, {*kept, *(target.name for target in targets)})
        _check_schemas(connection, kept, targets)
        changed = _changed_sources(old, metadata, live=live, skip_bad_rows=skip_bad_rows)
        recorded = old.samples if old else SampleOptions()
        effective = parse_sample_options(samples or {}, recorded, "samples")
        if kept and effective != recorded:
            log.warning(
                "the options of [samples] changed (%s): rebuilding all targets",
                describe_changes(recorded, effective),
            )
        marked = read_corrections(corrections)
        are_marks_stale = [file.sha256 for file in marked] != (old.corrections if old else [])
        wanted = {target.name: target for target in targets}
        templates = read_templates(sql_folder(), RELATION_LAYERS)
        is_stale = (
            bool(changed) or inventory is not None or effective != recorded or are_marks_stale
        )
        steps = plan_steps(connection, kept, wanted, are_pools_stale=is_stale)
        total = steps.model_count(templates, changed)
        with progress(name="build", unit="model", total=total) as bar:
            created = set()
            if changed:
                created = _create_shared(
                    connection, templates, changed, bar, live=live, skip_bad_rows=skip_bad_rows
                )
                if memory_limit is None:
                    fit_memory(connection, source_rows(connection))
            ensure_inventory(connection)
            if inventory is not None:
                load_found(connection, inventory)
            ensure_marks(connection)
            if changed or are_marks_stale:
                load_corrections(connection, marked, kept | wanted)
                created.add((INTERNAL, "marks"))
                if kept and are_marks_stale:
                    log.warning(
                        "the corrections changed (%s): rebuilding all targets",
                        ", ".join(str(file.path) for file in marked) or "none any more",
                    )
            resolved = resolve_samples(connection, effective)
            created |= create_relations(
                connection, templates, steps, resolved, bar, live=live, named=set(wanted)
            )
            explain_columns(connection, created)
        # Before the time is taken, since it is part of the build's.
        connection.execute("checkpoint")
        configuration = {
            "live": live,
            "skip_bad_rows": skip_bad_rows if changed or not old else bool(old.rejected_count),
            "samples": options_json(effective),
            "corrections": [file.as_json() for file in marked],
            "targets": {name: _options(target) for name, target in (kept | wanted).items()},
        }
        _record_build(connection, started, configuration, time.monotonic() - began)


def ensure_catalog(catalog: Path, metadata: Path | None = None) -> None:
    """Build a catalog without a target, if there is no catalog yet.

    Raises:
        AudiosetDuckError: As for `build`.
    """
    if not catalog.exists():
        build(catalog, [], metadata)


def is_of_this_version(catalog: Path) -> bool:
    """Whether a catalog was built from the models of this version, so that it can be updated."""
    with open_catalog(catalog) as connection:
        return read_state(connection).models == fingerprint(repr(SOURCES))


def replace_inventory(
    catalog: Path,
    load: Callable[[duckdb.DuckDBPyConnection], None],
    *,
    is_patient: bool = True,
) -> None:
    """Replace the table `audio_files` of a catalog, and rebuild its targets.

    In a catalog of another version, only the table and the macros are replaced.

    Args:
        catalog: The catalog file.
        load: Creates the table, on a connection to the new catalog.
        is_patient: Wait for another build of the catalog to end: what there is to load may be the
            work of hours.

    Raises:
        AudiosetDuckError: The catalog cannot be replaced.
    """
    with replace_catalog(catalog, is_patient=is_patient) as (connection, old):
        is_of_other_version = old and old.models != fingerprint(repr(SOURCES))
        if is_of_other_version:
            # The macros that this version loads with; the catalog may lack some.
            create_macros(connection)
        load(connection)
        if old is None:
            return
        if is_of_other_version:
            if old.targets:
                log.warning(
                    "the catalog was built by another version of audioset-duck, so its samples were"
                    " not updated; update them with audioset-duck build"
                )
            return
        templates = read_templates(sql_folder(), RELATION_LAYERS)
        steps = plan_steps(connection, parse_targets(old), {}, are_pools_stale=True)
        samples = resolve_samples(connection, old.samples)
        total = steps.model_count(templates, None)
        with progress(name="build", unit="model", total=total) as bar:
            created = create_relations(connection, templates, steps, samples, bar, live=old.is_live)
            explain_columns(connection, created)


def _check_file_name(catalog: Path, targets: set[str]) -> None:
    """Raise AudiosetDuckError if a catalog has the name of one of its schemas.

    Shells name a database after its file, and could not tell the two apart.
    """
    name = catalog.name.split(".")[0]
    if name.lower() in targets or is_reserved(name.lower()):
        raise AudiosetDuckError(
            f"{catalog} has the name of a schema in it, and DuckDB could not tell the two apart;"
            f" choose another name, such as {catalog.with_name(f'{name}_catalog.duckdb')}"
        )


def _changed_sources(
    old: CatalogState | None, metadata: Path | None, *, live: bool, skip_bad_rows: bool
) -> list[SourceFile] | None:
    """Find the sources to read; None if the old catalog already holds their rows.

    Raises:
        AudiosetDuckError: Sources must be read, but there is no folder of them.
    """
    stale = None
    if old is None:
        stale = "there is no catalog yet"
    elif live or old.is_live:
        stale = "a live catalog reads its files"
    elif old.models != fingerprint(repr(SOURCES)):
        stale = "the catalog was built by another version of audioset-duck"
    if metadata is None and not DEFAULT_METADATA.is_dir():
        if old is None:
            return find_sources(DEFAULT_METADATA)
        if stale is None:
            log.warning("there is no folder %s; using the sources in the catalog", DEFAULT_METADATA)
            return None
        raise AudiosetDuckError(
            f"the source files must be read again: {stale}; name their folder with --metadata DIR"
        )
    folder = metadata or DEFAULT_METADATA
    files = find_sources(folder)
    # The build that first missed a file has warned of it.
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
        "training": options_json(target.training),
    }


def _check_schemas(
    connection: duckdb.DuckDBPyConnection, kept: dict[str, Target], targets: Sequence[Target]
) -> None:
    """Raise AudiosetDuckError if a target would replace a schema that the user created."""
    schemas = connection.execute(
        "select schema_name from duckdb_schemas()"
        " where database_name = current_database() and not internal"
    ).fetchall()
    for target in targets:
        if (target.name,) in schemas and target.name not in kept:
            raise AudiosetDuckError(
                f"the catalog has a schema {target.name} that is not a target; rename the schema or"
                " the target"
            )


def _create_shared(
    connection: duckdb.DuckDBPyConnection,
    templates: list[Template],
    files: list[SourceFile],
    bar: tqdm[Any],
    *,
    live: bool,
    skip_bad_rows: bool,
) -> set[tuple[str, str]]:
    """Create the relations that all targets share, and `meta.sources`; return their names."""
    models = render_models(
        templates,
        SOURCE_LAYERS,
        source=source_reader(files),
        # The file's order is the table's. To count rows in a query would take one core at a time.
        source_place="row_number() over () - 1" if live else "rowid",
    )
    connection.execute("create schema if not exists staging")
    connection.execute(f"create schema if not exists {INTERNAL}")
    create_macros(connection)
    drop(connection, models)
    connection.execute("checkpoint")
    _create_meta(connection)
    load_sources(connection, templates, files, bar, live=live, skip_bad_rows=skip_bad_rows)
    derived = [model for model in models if model.layer != "staging"]
    create_models(connection, derived, bar, live=live)
    _warn_of_unknown_labels(connection)
    return {(model.schema, model.name) for model in models} | _META


def _warn_of_unknown_labels(connection: duckdb.DuckDBPyConnection) -> None:
    """Warn of labels of the data that no label file lists, if there is any label file."""
    if not connection.execute("from main.labels where is_strong or is_weak limit 1").fetchall():
        return
    ((unknown,),) = connection.execute(
        "select count(*) from main.labels"
        " where label_index is not null and not is_strong and not is_weak"
    ).fetchall()
    if unknown:
        log.warning(
            "labels of the data that no label file lists: %d; list them with audioset-duck check",
            unknown,
        )


def _create_meta(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the schema `meta`; the builds that are recorded stay."""
    connection.execute((sql_folder() / "meta.sql").read_text(encoding="utf-8"))


def _record_build(
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
