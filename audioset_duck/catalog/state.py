"""The state of a catalog, as its newest build recorded it: sources, options and targets."""

from __future__ import annotations

import contextlib
import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.models import fingerprint
from audioset_duck.config.sample_options import SampleOptions, parse_sample_options
from audioset_duck.config.targets import (
    BUILT_IN,
    DEFAULT_WINDOW_SECONDS,
    Target,
    parse_target,
)
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sources.definitions import SOURCES


@dataclass(frozen=True)
class Build:
    """One row of `meta.builds`.

    Attributes:
        time: When the build began, UTC.
        versions: Versions of audioset-duck and DuckDB, and the fingerprint of the models.
        configuration: Options of the build, and the targets of the catalog.
        seconds: How long the build took.
    """

    time: datetime
    versions: Mapping[str, Any]
    configuration: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class CatalogState:
    """What a catalog holds, according to its newest build.

    Attributes:
        is_live: Whether the relations are views that read the source files in each query.
        targets: The options of each target in the catalog, as in audioset-duck.toml.
        models: Fingerprint of the models that the catalog was built from.
        sha256s: SHA-256 of each source file, by file name.
        rejected_count: Number of rows of the sources that were left out.
        samples: Which weak negatives are samples, of all targets.
        corrections: SHA-256 of each file of corrections, in their order.
    """

    is_live: bool
    targets: Mapping[str, Mapping[str, Any]]
    models: str
    sha256s: Mapping[str, str]
    rejected_count: int
    samples: SampleOptions
    corrections: list[str]


def source_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """Count the rows of all source files of a catalog."""
    ((rows,),) = connection.execute("select sum(row_count) from meta.sources").fetchall()
    return int(rows or 0)


def read_newest_build(connection: duckdb.DuckDBPyConnection) -> Build:
    """Read the newest row of `meta.builds`.

    Raises:
        AudiosetDuckError: There is none, or another program has changed it.
    """
    # By rowid: the clock may have been wrong.
    newest = connection.execute(
        "select time, versions, configuration, seconds from meta.builds order by rowid desc limit 1"
    ).fetchall()
    if not newest:
        raise AudiosetDuckError("meta.builds is empty; build the catalog again, in a new file")
    ((time, versions, configuration, seconds),) = newest
    return Build(time, _json_object(versions), _json_object(configuration), seconds)


def read_state(connection: duckdb.DuckDBPyConnection) -> CatalogState:
    """Read what the newest build of a catalog recorded.

    Raises:
        AudiosetDuckError: `meta.builds` is empty, or another program has changed it.
    """
    build = read_newest_build(connection)
    targets = _json_object(json.dumps(build.configuration.get("targets", {})))
    samples = _json_object(json.dumps(build.configuration.get("samples", {})))
    sources = connection.execute("select file, sha256, rejected_count from meta.sources").fetchall()
    schemas = connection.execute(
        "select schema_name from duckdb_schemas() where database_name = current_database()"
    ).fetchall()
    models = build.versions.get("models", "")
    with _explain_options(models):
        sample_options = parse_sample_options(samples, SampleOptions(), "the catalog's [samples]")
    return CatalogState(
        build.configuration.get("live", False),
        # A user may have dropped the schema of a target.
        {name: options for name, options in targets.items() if (name,) in schemas},
        models,
        {file: sha256 for file, sha256, _ in sources},
        sum(rejected_count for *_, rejected_count in sources),
        sample_options,
        [file["sha256"] for file in build.configuration.get("corrections", [])],
    )


def _json_object(text: object) -> dict[str, Any]:
    """Parse a JSON object of `meta.builds`."""
    with contextlib.suppress(TypeError, ValueError, RecursionError):
        if isinstance(found := json.loads(text), dict):  # type: ignore[arg-type]
            return found
    raise AudiosetDuckError(
        "meta.builds holds something other than the JSON of audioset-duck; build the catalog"
        " again, in a new file"
    )


def other_version(catalog: Path, error: Exception) -> str | None:
    """Return the message for an error that is due to the version that built a catalog, if it is."""
    if not isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return None
    try:
        with open_catalog(catalog) as connection:
            versions = read_newest_build(connection).versions
    except (AudiosetDuckError, duckdb.Error):
        return None
    if versions.get("models") == fingerprint(repr(SOURCES)):
        return None
    return (
        f"{catalog} was built by another version of audioset-duck,"
        f" {versions.get('audioset_duck', 'an unknown one')}, and lacks what this one reads"
        f" ({str(error).strip().splitlines()[0]}); update it with audioset-duck build"
    )


@contextlib.contextmanager
def explain_other_version(catalog: Path) -> Iterator[None]:
    """Raise AudiosetDuckError where a catalog of another version lacks what is read."""
    try:
        yield
    except duckdb.Error as error:
        if message := other_version(catalog, error):
            raise AudiosetDuckError(message) from None
        raise


def parse_targets(state: CatalogState) -> dict[str, Target]:
    """Parse the targets of a catalog, by name, from the options that it records.

    Raises:
        AudiosetDuckError: An option is invalid, perhaps because another version recorded it.
    """
    with _explain_options(state.models):
        return {
            name: parse_target(
                name, options, DEFAULT_WINDOW_SECONDS, f"the catalog's target {name}"
            )
            for name, options in state.targets.items()
        }


@contextlib.contextmanager
def _explain_options(models: str) -> Iterator[None]:
    """Explain an error of recorded options if models with another fingerprint recorded them."""
    try:
        yield
    except AudiosetDuckError as error:
        if models == fingerprint(repr(SOURCES)):
            raise
        raise AudiosetDuckError(
            "the catalog was built by another version of audioset-duck, with options that this one"
            f" does not read ({error}); move the file away and build the catalog again"
        ) from None


def require_target(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Raise AudiosetDuckError if a target is not in the catalog; the message lists those that are.

    Args:
        connection: The catalog.
        name: The target's name.
    """
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
            f" {name} if audioset-duck.toml defines it"
        )
    raise AudiosetDuckError(
        f"target {name!r} is not in this catalog, which has {', '.join(built) or 'none'}; {cure}"
    )


def built_target(connection: duckdb.DuckDBPyConnection, name: str) -> Target:
    """Look up a target of a catalog; raise AudiosetDuckError if the catalog does not have it."""
    require_target(connection, name)
    return parse_targets(read_state(connection))[name]


def built_targets(catalog: Path) -> dict[str, Target]:
    """Read the targets of a catalog file, by name; none if there is no file."""
    if not catalog.is_file():
        return {}
    with open_catalog(catalog) as connection:
        return parse_targets(read_state(connection))


def has_inventory(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the catalog lists any audio file."""
    return bool(connection.execute("from main.audio_files limit 1").fetchall())
