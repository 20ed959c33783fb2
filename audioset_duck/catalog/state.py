"""What the newest build of a catalog wrote down: its sources, options and targets."""

from __future__ import annotations

import contextlib
import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import BUILT_IN, Target, parse_target, parse_window_seconds
from audioset_duck.errors import AudiosetDuckError


@dataclass(frozen=True)
class CatalogState:
    """What the newest build of a catalog made it.

    Attributes:
        is_live: The relations read the source files at each query.
        targets: The options of each target that is built, as in audioset-duck.toml.
        models: SHA-256 of the models that made it.
        sha256s: SHA-256 of each source, by file name.
        rejected_count: How many rows of the sources were left out.
    """

    is_live: bool
    targets: Mapping[str, Mapping[str, Any]]
    models: str
    sha256s: Mapping[str, str]
    rejected_count: int


def source_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows the source files of a catalog have."""
    ((rows,),) = connection.execute("select sum(row_count) from meta.sources").fetchall()
    return int(rows or 0)


def read_state(connection: duckdb.DuckDBPyConnection) -> CatalogState:
    """Read what the newest build wrote down."""
    newest = connection.execute(
        "select versions, configuration from meta.builds order by rowid desc limit 1"
    ).fetchall()
    if not newest:
        raise AudiosetDuckError(
            "meta.builds is empty: the catalog must be built anew, in a new file"
        )
    versions, configuration = map(_json_object, newest[0])
    targets = _json_object(json.dumps(configuration.get("targets", {})))
    sources = connection.execute("select file, sha256, rejected_count from meta.sources").fetchall()
    schemas = connection.execute(
        "select schema_name from duckdb_schemas() where database_name = current_database()"
    ).fetchall()
    return CatalogState(
        configuration.get("live", False),
        # A user may have dropped the schema of a target that is no longer wanted.
        {name: options for name, options in targets.items() if (name,) in schemas},
        versions.get("models", ""),
        {file: sha256 for file, sha256, _ in sources},
        sum(rejected_count for *_, rejected_count in sources),
    )


def _json_object(text: object) -> dict[str, Any]:
    """Read what a build wrote into `meta.builds`."""
    with contextlib.suppress(TypeError, ValueError, RecursionError):
        if isinstance(found := json.loads(text), dict):  # type: ignore[arg-type]
            return found
    raise AudiosetDuckError(
        "meta.builds is not as audioset-duck writes it: the catalog must be built anew, in a new"
        " file"
    )


def kept_targets(state: CatalogState) -> dict[str, Target]:
    """The targets of a catalog, as they were asked for."""
    return {
        name: parse_target(name, options, parse_window_seconds("1"), f"the catalog's target {name}")
        for name, options in state.targets.items()
    }


def require_target(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Raise AudiosetDuckError, telling what is there, unless a target is in the catalog."""
    built = read_state(connection).targets
    if name in built:
        return
    if near := difflib.get_close_matches(name, built, 1):
        cure = f"did you mean {near[0]}?"
    elif name in BUILT_IN:
        cure = f"build it with audioset-duck build --target {name}"
    else:
        cure = (
            f"build it with audioset-duck build --name {name} --label LABEL, or with --target"
            f" {name} if audioset-duck.toml tells what it is"
        )
    raise AudiosetDuckError(
        f"target {name!r} is not in this catalog, which has {', '.join(built) or 'none'}; {cure}"
    )


def built_target(connection: duckdb.DuckDBPyConnection, name: str) -> Target:
    """A target of the catalog, as it was asked for; raises AudiosetDuckError if it is not there."""
    require_target(connection, name)
    return kept_targets(read_state(connection))[name]


def has_inventory(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the catalog knows of any audio file."""
    return bool(connection.execute("from main.audio_files limit 1").fetchall())


def built_targets(catalog: Path) -> dict[str, Target]:
    """The targets of a catalog, as they were asked for; none if there is no catalog."""
    if not catalog.is_file():
        return {}
    with open_catalog(catalog) as connection:
        return kept_targets(read_state(connection))
