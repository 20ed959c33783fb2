"""The catalog file: opened for reading, and what it says of itself."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.files import check_utf8
from audioset_duck.models import identifier, literal
from audioset_duck.targets import BUILT_IN, Target, nearest_names, parse_clip_length, parse_target

# The oldest DuckDB that people have shells of: its files open there and in all that came since.
STORAGE_VERSION = "v1.4.0"
# A quarter of DuckDB's default: a demo's catalog is 2 MB, not 8, and a full one no slower.
BLOCK_SIZE = 65536
# Three headers, before the blocks of a DuckDB file.
_HEADER_BYTES = 3 * 4096
# The name of the open database: no target and no schema has it.
ALIAS = "audioset"


@dataclass(frozen=True)
class CatalogState:
    """What the newest build of a catalog made it.

    Attributes:
        is_live: The relations read the source files at each query.
        targets: The options of each target that is built, as in audioset-duck.toml.
        models: SHA-256 of the models that made it.
        sha256s: SHA-256 of each source, by file name.
        rejected_rows: How many rows of the sources were left out.
    """

    is_live: bool
    targets: Mapping[str, Mapping[str, Any]]
    models: str
    sha256s: Mapping[str, str]
    rejected_rows: int


def open_catalog(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a catalog for reading.

    Raises:
        AudiosetDuckError: There is none, it is damaged, another program wrote the file or is
            writing it.
    """
    if not path.is_file():
        raise AudiosetDuckError(
            f"there is no catalog {path}; make one with audioset-duck build, or name another "
            "with --catalog"
        )
    try:
        connection = attach(path, "read_only")
    except duckdb.Error as error:
        raise _cannot_open(path, error) from None
    _check_ours(connection, path)
    return connection


def attach(path: Path, *options: str) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file by itself: whatever its name, and whatever else this process has open.

    `duckdb.connect(path)` would name the database after the file, so that a target of that name
    could not be asked for, and would share what another part of the program opened long ago.
    """
    connection = duckdb.connect()
    try:
        # A notebook without ipywidgets has no progress bar, and refuses to switch it off.
        with contextlib.suppress(duckdb.InvalidInputException):
            connection.execute("set enable_progress_bar = false")
        connection.execute("set python_enable_replacements = false")
        listed = f" ({', '.join(options)})" if options else ""
        connection.execute(f"attach {literal(str(check_utf8(path).absolute()))} as {ALIAS}{listed}")
        connection.execute(f"use {ALIAS}")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def attach_new(path: Path) -> duckdb.DuckDBPyConnection:
    """Make a DuckDB file that all shells since 1.4 open."""
    return attach(path, f"storage_version '{STORAGE_VERSION}'", f"block_size {BLOCK_SIZE}")


def bound_memory(
    connection: duckdb.DuckDBPyConnection, folder: Path, limit: str | None = None
) -> None:
    """Let what does not fit into memory go to the disk, into a folder `spilled` in another one.

    Args:
        connection: Whose memory.
        folder: Where there is room.
        limit: A size, as in `512MB`. None: the usual one, see `fit_memory`.

    Raises:
        AudiosetDuckError: The limit is no size.
    """
    connection.execute(f"set temp_directory = {literal(str(folder / 'spilled'))}")
    if limit is None:
        fit_memory(connection, 0)
        return
    try:
        connection.execute(f"set memory_limit = {literal(limit)}")
    except duckdb.Error:
        raise AudiosetDuckError(
            f"the memory limit is {limit!r}; right is a size, as in 512MB or 2GB"
        ) from None


def fit_memory(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Limit memory to 1 GiB; or 256 MiB a thread, or a million rows, if that is more.

    With 1 GiB ten AudioSets take far more than ten times as long. Half of the machine's memory is
    left to others.
    """
    ((threads,),) = connection.execute("select current_setting('threads')").fetchall()
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**21
    wanted = max(256 * int(threads), 256 * rows // 1_000_000)
    connection.execute(f"set memory_limit = '{max(1024, min(half, wanted))}MiB'")


def source_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows the source files of a catalog have."""
    ((rows,),) = connection.execute("select sum(rows) from meta.sources").fetchall()
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
    sources = connection.execute("select file, sha256, rejected_rows from meta.sources").fetchall()
    schemas = connection.execute(
        "select schema_name from duckdb_schemas() where database_name = current_database()"
    ).fetchall()
    return CatalogState(
        configuration.get("live", False),
        # A user may have dropped the schema of a target that is no longer wanted.
        {name: options for name, options in targets.items() if (name,) in schemas},
        versions.get("models", ""),
        {file: sha256 for file, sha256, _ in sources},
        sum(rejected_rows for *_, rejected_rows in sources),
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
        name: parse_target(name, options, parse_clip_length("1"), f"the catalog's target {name}")
        for name, options in state.targets.items()
    }


def checkpoint(path: Path) -> None:
    """Write the log that a program left behind, by being killed, into the catalog file."""
    try:
        with attach(path) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise _cannot_open(path, error) from None


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


@dataclass(frozen=True)
class Table:
    """Rows to show, under the names of their columns."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def query_table(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> Table:
    """Run a query and take all its rows."""
    result = connection.execute(query, parameters)
    columns = [column[0] for column in result.description or ()]
    return Table(columns, result.fetchall())


def target_counts(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Events, negatives and windows of a target, for the data sets that have any."""
    return query_table(
        connection,
        f"""
        select
            dataset,
            if(is_strong, positive_events, null) as events,
            if(is_strong, not_overlapped, null) as alone,
            if(is_strong, overlapped, null) as overlapped,
            if(is_strong, positive_segments, null) as windows,
            if(is_strong, strong_negative_events, null) as negatives,
            if(is_strong, strong_negative_segments, null) as "neg. windows",
            if(dataset in ('train', 'eval_framed'), null, weak_negatives) as "weak neg."
        from (
            select *, dataset in ('train', 'eval', 'eval_framed') as is_strong
            from {identifier(name)}.dataset_counts
        )
        where positive_events + strong_negative_events + weak_negatives > 0
        """,
    )


def sample_counts(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Samples of a target by split and role, and how many each filter removed."""
    return query_table(
        connection,
        f"""
        with counts as (
            select split, role, removed_by, sum(samples) as samples
            from {identifier(name)}.sample_counts
            group by all
        )

        select
            split,
            role,
            cast(coalesce(sum(samples) filter (where removed_by is null), 0) as bigint) as samples,
            list(format('{{}} {{:,}}', removed_by, cast(samples as bigint)) order by removed_by)
                filter (where removed_by is not null) as removed
        from counts
        group by split, role
        order by split desc, role
        """,
    )


def tier_counts(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Labels of a target's pools by tier, and the samples that carry them."""
    return query_table(
        connection,
        f"""
        select
            pool,
            tier,
            count(*) as labels,
            cast(sum(sample_count) as bigint) as "samples drawn by them",
            round(100 * sum(weight), 1) as "% of draws by weight"
        from {identifier(name)}.label_pools
        group by pool, tier
        order by pool, tier
        """,
    )


def has_inventory(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the catalog knows of any audio file."""
    return bool(connection.execute("from main.audio_files limit 1").fetchall())


def target_title(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """A target's name, its labels and its clip length, in a line."""
    labels = connection.execute(
        "select role, string_agg(coalesce(display_name, label_id), '; ' order by display_name)"
        f" from {identifier(name)}.target_labels group by role order by role desc"
    ).fetchall()
    clip_length = kept_targets(read_state(connection))[name].clip_length
    listed = ", ".join(f"{role}: {names}" for role, names in labels)
    return f"{name} ({listed}; windows of {clip_length.normalize():f} s)"


def target_warnings(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """What a person should know before training on a target."""
    warnings = [_no_positives(connection, name), _untargeted_kinds(connection, name)]
    return [warning for warning in warnings if warning]


def _no_positives(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A warning if no event is of the target: then there is nothing to detect."""
    if connection.execute(f"from {identifier(name)}.positive_events limit 1").fetchall():
        return None
    ((weak_clips,),) = connection.execute(f"""
        with positive as (
            select list(label_id) as label_ids
            from {identifier(name)}.target_labels
            where role = 'positive'
        )

        select count(*)
        from main.weak_clips
        cross join positive
        where main.carries_any(weak_clips.label_ids, positive.label_ids)
    """).fetchall()
    return (
        f"{name}: no strong event carries its labels, so it has no positive to train on or to"
        f" evaluate with; of the weak clips, {weak_clips:,} do"
    )


def _untargeted_kinds(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A warning if a target's negatives carry what the ontology calls kinds of the target."""
    found = connection.execute(
        "select label_id, display_name, strong_negative_events, weak_negatives"
        f" from {identifier(name)}.untargeted_descendants"
    ).fetchall()
    if not found:
        return None
    listed = "; ".join(
        f"{display_name} (strong events: {events:,}, weak clips: {clips:,})"
        for _, display_name, events, clips in found
    )
    # By MID: a name may stand for two labels.
    ignore = " ".join(f"--ignore {label_id}" for label_id, *_ in found)
    return (
        f"{name}: among the negatives are sounds that the ontology puts under the target: {listed}."
        f" Make them positive with --descendants, or leave them out of both with {ignore}"
    )


def find_labels(connection: duckdb.DuckDBPyConnection, text: str) -> Table:
    """Labels whose MID or one of whose names holds a text, whatever its case; most frequent first.

    Raises:
        AudiosetDuckError: There is none; the nearest names are told.
    """
    found = query_table(
        connection,
        """
        select label_id, display_name, other_names, strong_events, framed_events, weak_clips
        from main.label_counts
        where
            label_id = $text
            or contains(lower(display_name), lower($text))
            or contains(lower(array_to_string(other_names, chr(10))), lower($text))
        order by strong_events + framed_events + weak_clips desc, label_id
        """,
        {"text": text},
    )
    if not found.rows:
        names = " or ".join(map(repr, nearest_names(connection, text)))
        raise AudiosetDuckError(
            f"no label matches {text!r}" + (f"; the nearest are {names}" if names else "")
        )
    return found


def check_length(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise AudiosetDuckError if the end of a catalog file is lost.

    Such a file may be opened: where a table's rows are, DuckDB looks when they are asked for.
    """
    ((blocks, block_size),) = connection.execute(
        "select total_blocks, block_size from pragma_database_size()"
        " where database_name = current_database()"
    ).fetchall()
    length = path.stat().st_size
    # Free blocks at the end need not be there.
    if length >= _HEADER_BYTES + blocks * block_size:
        return
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = current_database()"
    ).fetchall()
    for schema, table in tables:
        relation = literal(f"{identifier(schema)}.{identifier(table)}")
        try:
            ((last,),) = connection.execute(
                "select max(greatest(block_id, list_max(additional_block_ids)))"
                f" from pragma_storage_info({relation})"
            ).fetchall()
        except duckdb.Error as error:
            raise _cannot_open(path, error) from None
        if last is not None and length < _HEADER_BYTES + (last + 1) * block_size:
            raise AudiosetDuckError(_damaged(path, f"the rows of {schema}.{table} are cut off"))


def damage(path: Path, error: Exception) -> str | None:
    """What is told of an error of DuckDB that comes of a file with bytes lost or changed."""
    if not re.search(r"Corrupt database|Could not read enough bytes", str(error)):
        return None
    return _damaged(path, str(error).strip().splitlines()[0])


def _damaged(path: Path, reason: str) -> str:
    return f"{path} is damaged; move it away, and make it anew with audioset-duck build ({reason})"


def built_targets(catalog: Path) -> dict[str, Target]:
    """The targets of a catalog, as they were asked for; none if there is no catalog."""
    if not catalog.is_file():
        return {}
    with open_catalog(catalog) as connection:
        return kept_targets(read_state(connection))


def last_build(catalog: Path) -> str:
    """How large a catalog is, when and by what it was built, in a line."""
    with open_catalog(catalog) as connection:
        ((time, seconds, audioset_duck, duckdb_version),) = connection.execute(
            "select time, seconds, versions->>'audioset_duck', versions->>'duckdb'"
            " from meta.builds order by rowid desc limit 1"
        ).fetchall()
    return (
        f"{catalog}: {catalog.stat().st_size / 1e6:.1f} MB, built {time:%Y-%m-%d %H:%M} UTC in"
        f" {seconds:.1f} s by audioset-duck {audioset_duck}, DuckDB {duckdb_version}"
    )


def list_targets(known: dict[str, Target], origins: Mapping[str, str], catalog: Path) -> Table:
    """All targets that can be named: what they are, where that is written, if they are built.

    Of a target that is built, it is told what it was built to be.
    """
    built = built_targets(catalog)
    rows = [
        (
            name,
            "; ".join(target.labels) + (" and descendants" if target.descendants else ""),
            "; ".join(target.ignore),
            f"{target.clip_length.normalize():f}",
            origins[name] if known.get(name) == target else str(catalog),
            name in built,
        )
        for name, target in (known | built).items()
    ]
    return Table(["target", "labels", "ignored", "clip_length", "defined_in", "is_built"], rows)


def relations(connection: duckdb.DuckDBPyConnection) -> Table:
    """All relations of the catalog, with what a row of each is, in short.

    Those that every target has are told of once, as TARGET.
    """
    return query_table(
        connection,
        """
        with commented as (
            select schema_name, table_name as name, 'table' as kind, comment
            from duckdb_tables()
            where not internal and database_name = current_database()
            union all
            select schema_name, view_name, 'view', comment
            from duckdb_views()
            where not internal and database_name = current_database()
            union all
            select
                schema_name,
                function_name || '(' || array_to_string(parameters, ', ') || ')',
                'macro',
                comment
            from duckdb_functions()
            where
                not internal
                and database_name = current_database()
                and function_type = 'table_macro'
        )

        select distinct
            if(list_contains($targets, schema_name), 'TARGET', schema_name) || '.' || name
                as relation,
            kind,
            regexp_extract(comment, '^(.*?)[.:;,]( |$)', 1) as "a row is"
        from commented
        order by relation
        """,
        {"targets": list(read_state(connection).targets)},
    )


def _check_ours(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    found = connection.execute(
        "from duckdb_tables() where database_name = current_database()"
        " and schema_name = 'meta' and table_name in ('builds', 'sources')"
    ).fetchall()
    if len(found) != 2:
        connection.close()
        raise AudiosetDuckError(
            f"{path} is a DuckDB file, but no catalog of audioset-duck; name another with --catalog"
        )


def _cannot_open(path: Path, error: duckdb.Error) -> AudiosetDuckError:
    reason = str(error).strip().splitlines()[0]
    if "Could not set lock" in reason or "Conflicting lock" in reason:
        return AudiosetDuckError(
            f"{path} is open for writing in another program"
            + (f" (process {pid[1]})" if (pid := re.search(r"PID (\d+)", reason)) else "")
            + "; close it there"
        )
    if damaged := damage(path, error):
        return AudiosetDuckError(damaged)
    return AudiosetDuckError(
        f"{path} cannot be opened as a DuckDB file; name another with --catalog ({reason})"
    )
