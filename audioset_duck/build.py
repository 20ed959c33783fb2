"""The build: source files and targets in, one whole catalog out, or the old one as it was."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from tqdm import tqdm

from audioset_duck import __version__
from audioset_duck.catalog import (
    STORAGE_VERSION,
    CatalogState,
    checkpoint,
    kept_targets,
    open_catalog,
    read_state,
)
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.load import load_sources
from audioset_duck.models import (
    RELATION_LAYERS,
    Template,
    comment_on,
    create,
    drop,
    fingerprint,
    identifier,
    read_templates,
    render_models,
    sql_folder,
    targeted_models,
)
from audioset_duck.sources import SOURCES, SourceFile, find_sources, read_sql
from audioset_duck.targets import Target, resolve

DEFAULT_METADATA = Path("metadata")
# A quarter of DuckDB's default: a demo's catalog is 2 MB, not 8, and a full one no slower.
BLOCK_SIZE = "65536"


def build(
    catalog: Path,
    targets: Sequence[Target] = (),
    metadata: Path | None = None,
    *,
    live: bool = False,
    skip_bad_rows: bool = False,
    quiet: bool = False,
) -> None:
    """Make a catalog, or bring one up to date; targets that it has already are kept.

    The new catalog is made beside the old one, in `CATALOG.building/`, and moved over it at the
    end: whoever reads the old one is not disturbed, and a build that fails or is killed leaves
    it as it was. Sources that did not change since they were loaded are not read again.

    Args:
        catalog: The catalog file.
        targets: What to build; a target of the same name is replaced.
        metadata: The folder of the source files. None: `metadata`, or if there is no such
            folder, the sources that the catalog holds.
        live: Make every relation a view over the source files.
        skip_bad_rows: Leave rows that are not sound out, and list them in `meta.rejected_rows`.
        quiet: Show no progress bar.

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
    with _scratch_folder(catalog) as folder:
        scratch = folder / catalog.name
        old = _copy_old(catalog, scratch)
        kept = kept_targets(old) if old else {}
        if metadata is None and not DEFAULT_METADATA.is_dir() and old and not old.is_live:
            files = None
        else:
            files = find_sources(metadata or DEFAULT_METADATA)
        if _can_reuse(old, files, live=live, skip_bad_rows=skip_bad_rows):
            changed = None
            wanted = {target.name: target for target in targets}
        elif files is None:
            raise AudiosetDuckError(
                f"{catalog} was made by another version of audioset-duck and must be read anew; "
                "name the folder of its source files with --metadata DIR"
            )
        else:
            changed = files
            wanted = kept | {target.name: target for target in targets}
        with _connect(scratch) as connection:
            _check_schemas(connection, kept, targets)
            templates = read_templates(sql_folder(), RELATION_LAYERS)
            per_target = len(targeted_models(templates))
            steps = per_target * len(wanted) + (len(templates) - per_target if changed else 0)
            with _progress(steps, quiet=quiet) as bar:
                if changed:
                    _make_shared(
                        connection,
                        templates,
                        changed,
                        folder,
                        bar,
                        live=live,
                        skip_bad_rows=skip_bad_rows,
                    )
                for target in wanted.values():
                    _make_target(connection, templates, target, bar, live=live)
            connection.execute("checkpoint")
            configuration = {
                "live": live,
                "targets": {name: _options(target) for name, target in (kept | wanted).items()},
            }
            _write_build(connection, started, configuration, time.monotonic() - began)
        _move_over(scratch, catalog)


def _progress(steps: int, *, quiet: bool) -> tqdm[Any]:
    return tqdm(
        desc="build", total=steps, unit="model", delay=1, leave=False, disable=quiet or None
    )


@contextlib.contextmanager
def _scratch_folder(catalog: Path) -> Iterator[Path]:
    """An empty folder beside the catalog, locked for this build and removed at its end.

    The lock ends with the process: what a killed build left is cleared by the next.
    """
    if catalog.is_dir():
        raise AudiosetDuckError(f"{catalog} is a folder; right is a file, as in catalog.duckdb")
    folder = catalog.with_name(f"{catalog.name}.building")
    try:
        catalog.parent.mkdir(parents=True, exist_ok=True)
        while True:
            folder.mkdir(exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise AudiosetDuckError(
                    f"another build of {catalog} is under way; wait for it to end"
                ) from None
            # A build that ended in between took the folder with it: then lock the new one.
            if folder.is_dir() and os.path.samestat(os.fstat(descriptor), folder.stat()):
                break
            os.close(descriptor)
        _clear(folder)
    except OSError as error:
        raise AudiosetDuckError(
            f"{catalog.parent.resolve()} cannot be written to: {error.strerror}; "
            "name a catalog elsewhere with --catalog"
        ) from None
    try:
        yield folder
    finally:
        _clear(folder)
        folder.rmdir()
        os.close(descriptor)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _copy_old(catalog: Path, scratch: Path) -> CatalogState | None:
    """Copy the old catalog, if there is one, while nobody can write to it."""
    if not catalog.exists():
        return None
    if catalog.with_name(f"{catalog.name}.wal").exists():
        checkpoint(catalog)
    with open_catalog(catalog) as connection:
        shutil.copyfile(catalog, scratch)
        return read_state(connection)


@contextlib.contextmanager
def _connect(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the new catalog for writing; closed, all of it is in the file and on the disk."""
    with duckdb.connect(
        str(scratch),
        config={
            "storage_compatibility_version": STORAGE_VERSION,
            "default_block_size": BLOCK_SIZE,
        },
    ) as connection:
        yield connection
    with scratch.open("rb") as stream:
        os.fsync(stream.fileno())


def _move_over(scratch: Path, catalog: Path) -> None:
    scratch.replace(catalog)
    descriptor = os.open(catalog.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _can_reuse(
    old: CatalogState | None,
    files: list[SourceFile] | None,
    *,
    live: bool,
    skip_bad_rows: bool,
) -> bool:
    """Whether the shared relations of the old catalog are what these sources would give."""
    if old is None or old.is_live or live or old.models != fingerprint():
        return False
    if old.rejected_rows and not skip_bad_rows:
        return False
    return files is None or old.sha256s == {file.path.name: file.sha256 for file in files}


def _options(target: Target) -> dict[str, Any]:
    return {
        "labels": list(target.labels),
        "ignore": list(target.ignore),
        "descendants": target.descendants,
        "clip_length": str(target.clip_length),
    }


def _check_schemas(
    connection: duckdb.DuckDBPyConnection, kept: dict[str, Target], targets: Sequence[Target]
) -> None:
    """A schema that the user made is not a target's to replace."""
    schemas = {
        name
        for (name,) in connection.execute(
            "select schema_name from duckdb_schemas() where not internal"
        ).fetchall()
    }
    for target in targets:
        if target.name in schemas - kept.keys():
            raise AudiosetDuckError(
                f"the catalog has a schema {target.name} that is no target; rename one of them"
            )


def _make_shared(
    connection: duckdb.DuckDBPyConnection,
    templates: dict[str, Template],
    files: list[SourceFile],
    folder: Path,
    bar: tqdm[Any],
    *,
    live: bool,
    skip_bad_rows: bool,
) -> None:
    """Make the relations that all targets share, and what `meta` says of the sources."""
    paths = {file.source.file: file.path for file in files}
    by_file = {source.file: source for source in SOURCES}
    models = render_models(
        templates, RELATION_LAYERS, source=lambda file: read_sql(by_file[file], paths.get(file))
    )
    connection.execute("create schema if not exists staging")
    for model in models:
        drop(connection, model)
    connection.execute("checkpoint")
    _create_meta(connection)
    staging = [model for model in models if model.layer == "staging"]
    load_sources(connection, staging, files, folder, bar, live=live, skip_bad_rows=skip_bad_rows)
    for model in models:
        if model.layer != "staging":
            bar.set_postfix_str(model.name)
            create(connection, model, live)
            bar.update()


def _make_target(
    connection: duckdb.DuckDBPyConnection,
    templates: dict[str, Template],
    target: Target,
    bar: tqdm[Any],
    *,
    live: bool,
) -> None:
    resolved = resolve(connection, target)
    schema = identifier(target.name)
    connection.execute(f"drop schema if exists {schema} cascade")
    connection.execute(f"create schema {schema}")
    for model in render_models(templates, RELATION_LAYERS, resolved):
        bar.set_postfix_str(f"{target.name}.{model.name}")
        create(connection, model, live)
        bar.update()


def _create_meta(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        create schema if not exists meta;
        create or replace table meta.sources (
            file varchar, bytes bigint, sha256 varchar, rows bigint, rejected_rows bigint
        );
        create or replace table meta.rejected_rows (
            file varchar, line bigint, reason varchar, text varchar
        );
        create table if not exists meta.builds (
            time timestamp, versions json, configuration json, seconds double
        );
    """)
    comment_on(
        connection, "table", "meta", "sources", "One source file that the catalog is made of."
    )
    comment_on(
        connection, "table", "meta", "rejected_rows", "One row that --skip-bad-rows left out."
    )
    comment_on(connection, "table", "meta", "builds", "One build of this catalog.")


def _write_build(
    connection: duckdb.DuckDBPyConnection,
    started: datetime,
    configuration: dict[str, Any],
    seconds: float,
) -> None:
    versions = {
        "audioset_duck": __version__,
        "duckdb": duckdb.__version__,
        "models": fingerprint(),
    }
    connection.execute(
        "insert into meta.builds values (?, ?, ?, ?)",
        [started, json.dumps(versions), json.dumps(configuration), round(seconds, 3)],
    )
