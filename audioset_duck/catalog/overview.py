"""Summaries of a catalog for the command line: counts, warnings, labels, targets, relations."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from audioset_duck.catalog.audio_files import create_wanted
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.labels import nearest_names
from audioset_duck.catalog.models import render_query
from audioset_duck.catalog.query import Table, query_table
from audioset_duck.catalog.state import (
    built_target,
    built_targets,
    read_newest_build,
    read_state,
)
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier

log = logging.getLogger(__name__)

# Of a target with more labels, a title has the first ones.
_SHOWN_NAMES = 6

# Short, so that a table fits on a terminal.
_HEADINGS = {
    "positive_event_count": "events",
    "not_overlapped_event_count": "alone",
    "overlapped_event_count": "overlapped",
    "positive_window_count": "windows",
    "strong_negative_event_count": "negatives",
    "strong_negative_window_count": "neg. windows",
    "weak_negative_count": "weak neg.",
    "sample_count": "samples",
    "label_count": "labels",
    "draw_percentage": "% of draws by weight",
}


def target_counts(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Count a target's events, negatives and windows in each subset that has any."""
    return query_table(connection, f"from {identifier(name)}.subset_overview", headings=_HEADINGS)


def sample_counts(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Count a target's samples by split and role, and those excluded for each reason."""
    return query_table(connection, f"from {identifier(name)}.sample_overview", headings=_HEADINGS)


def tier_counts(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Count the labels of a target's pools by tier, and the samples that carry them."""
    return query_table(connection, f"from {identifier(name)}.tier_counts", headings=_HEADINGS)


def target_title(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """Describe a target in a line: its name, labels and window length."""
    names_of: dict[str, list[str]] = {}
    for role, display_name in connection.execute(
        f"from {identifier(name)}.target_labels select role, display_name"
        " order by role desc, display_name"
    ).fetchall():
        names_of.setdefault(role, []).append(display_name)
    listed = ", ".join(f"{role}: {_shortened(names)}" for role, names in names_of.items())
    window_seconds = built_target(connection, name).window_seconds
    return f"{name} ({listed}; windows of {window_seconds.normalize():f} s)"


def _shortened(names: Sequence[str]) -> str:
    """List names; of many, only the first ones."""
    # One more is as short as the number of those left out.
    shown = names if len(names) <= _SHOWN_NAMES + 1 else names[:_SHOWN_NAMES]
    more = f"; and {len(names) - len(shown):,} more" if len(shown) < len(names) else ""
    return "; ".join(shown) + more


def target_warnings(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """List what a user should know before training on a target."""
    warnings = [_no_positives(connection, name), _untargeted_descendants(connection, name)]
    return [warning for warning in warnings if warning]


def _no_positives(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """Warn if no strong event carries a label of the target."""
    schema = identifier(name)
    if connection.execute(f"from {schema}.positive_events limit 1").fetchall():
        return None
    ((clip_count,),) = connection.execute(
        f"select sum(clip_count) from {schema}.positive_clip_counts"
    ).fetchall()
    instead = (
        "; batches have weak positives in their place"
        if clip_count
        else ", and nothing to train on"
    )
    return (
        f"{name}: no strong event carries its labels, so there are no positives, and no detector"
        f" can be scored; weak clips that carry them: {clip_count or 0:,}{instead}"
    )


def _untargeted_descendants(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """Warn if negatives of a target carry labels that the ontology puts below its labels."""
    found = connection.execute(f"from {identifier(name)}.untargeted_descendants").fetchall()
    if not found:
        return None
    listed = "; ".join(
        f"{display_name} (strong events: {events:,}, weak clips: {clips:,})"
        for _, display_name, events, clips in found
    )
    # By MID: a name may belong to two labels.
    ignore = " ".join(f"--ignore {label_id}" for label_id, *_ in found)
    return (
        f"{name}: its negatives contain labels that are below its labels in the ontology: {listed}."
        f" Make them positive with --descendants, or exclude them with {ignore}"
    )


def audio_counts(connection: duckdb.DuckDBPyConnection, subsets: Sequence[str] = ()) -> Table:
    """Count the clips of subsets by the status of their audio, with hours and bytes.

    Args:
        connection: The catalog.
        subsets: Names of subsets, and of targets for the clips of their samples; none: all subsets.
    """
    targets = [name for name in read_state(connection).targets if name in subsets]
    create_wanted(connection, subsets, targets)
    _, query = render_query("extraction/audio_counts")
    return query_table(connection, query)


def warn_of_files(connection: duckdb.DuckDBPyConnection) -> None:
    """Warn of files of other clips only, that nothing reads, or much shorter than their clips."""
    _, query = render_query("extraction/files_of_clips")
    ((count, example, of_clips),) = connection.execute(query).fetchall()
    if count and not of_clips:
        log.warning(
            "none of the files (%s, such as %s) is of a clip of this catalog, so that no target has"
            " samples; scan other audio, or build the catalog from the metadata of these clips",
            f"{count:,}",
            example,
        )
    _, query = render_query("extraction/unsupported_files")
    ((count, reason),) = connection.execute(query).fetchall()
    if count:
        log.warning("files that nothing here reads: %s (%s)", f"{count:,}", reason)
    _, query = render_query("extraction/short_files")
    ((count, example),) = connection.execute(query).fetchall()
    if count:
        log.warning(
            "files that are over a second shorter than their clips: %s, such as %s",
            f"{count:,}",
            example,
        )


def find_labels(connection: duckdb.DuckDBPyConnection, text: str) -> Table:
    """Find labels by MID or by a part of a name, in any case; the most frequent first.

    Raises:
        AudiosetDuckError: No label matches; the message lists similar names.
    """
    query = "select * exclude (rank) from main.matching_labels($text) order by rank"
    found = query_table(connection, query, {"text": text})
    if not found.rows:
        names = " or ".join(map(repr, nearest_names(connection, text)))
        raise AudiosetDuckError(
            f"no label matches {text!r}" + (f"; the nearest are {names}" if names else "")
        )
    return found


def last_build(catalog: Path) -> str:
    """Describe a catalog in a line: its size, and when and by which versions it was built."""
    with open_catalog(catalog) as connection:
        build = read_newest_build(connection)
    return (
        f"{catalog}: {catalog.stat().st_size / 1e6:.1f} MB, built {build.time:%Y-%m-%d %H:%M} UTC"
        f" in {build.seconds:.1f} s by audioset-duck {build.versions.get('audioset_duck')},"
        f" DuckDB {build.versions.get('duckdb')}"
    )


def list_targets(known: dict[str, Target], origins: Mapping[str, str], catalog: Path) -> Table:
    """List the targets that can be named: their definitions, where those are, if they are built.

    A target that is in the catalog is listed as it was built.
    """
    built = built_targets(catalog)
    rows = [
        (
            name,
            "; ".join(target.labels) + (" and descendants" if target.descendants else ""),
            "; ".join(target.ignore),
            f"{target.window_seconds.normalize():f}",
            origins[name] if known.get(name) == target else str(catalog),
            name in built,
        )
        for name, target in (known | built).items()
    ]
    return Table(["target", "labels", "ignored", "window_seconds", "defined_in", "is_built"], rows)


def relations(connection: duckdb.DuckDBPyConnection) -> Table:
    """List the relations of the catalog that are to be queried, with what a row of each is.

    Relations that every target has are listed once, in the schema TARGET.
    """
    targets = read_state(connection).targets
    rows = set()
    for schema, name, kind, parameters, meaning in connection.execute(
        "select schema_name, name, kind, parameters, meaning from main.relations"
        " where not starts_with(schema_name, 'internal') and schema_name <> 'staging'"
    ).fetchall():
        arguments = f"({', '.join(parameters)})" if kind == "table function" else ""
        place = "TARGET" if schema in targets else schema
        rows.add((f"{place}.{name}{arguments}", kind, meaning))
    return Table(["relation", "kind", "a row is"], sorted(rows, key=lambda row: row[:2]))


def explain_relation(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, Table]:
    """What the rows of a relation are, and its columns; a table function's are in its comment.

    Args:
        connection: The catalog.
        name: The relation, with its schema unless that is `main`.

    Raises:
        AudiosetDuckError: The catalog has no such relation; the message lists similar names.
    """
    schema, _, relation = name.rpartition(".")
    # Of every target the same, and listed so.
    targets = list(read_state(connection).targets)
    schema = targets[0] if schema == "TARGET" and targets else schema or "main"
    found = connection.execute(
        "select comment from main.relations where schema_name = ? and name = ?", [schema, relation]
    ).fetchall()
    if not found:
        known = connection.execute("select schema_name || '.' || name from main.relations")
        near = difflib.get_close_matches(name, [full for (full,) in known.fetchall()], 3)
        raise AudiosetDuckError(
            f"there is no relation {name!r} in this catalog"
            + (f"; the nearest are {' or '.join(near)}" if near else "")
            + "; audioset-duck info lists them"
        )
    ((comment,),) = found
    columns = query_table(
        connection,
        'select column_name as "column", lower(data_type) as type, comment as meaning'
        " from duckdb_columns() where database_name = current_database() and schema_name = ?"
        " and table_name = ? order by column_index",
        [schema, relation],
    )
    return comment or "", columns
