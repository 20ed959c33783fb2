"""What is shown of a catalog: counts, warnings, labels, targets, relations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from audioset_duck.catalog.audio_files import wanted_clips
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.labels import nearest_names
from audioset_duck.catalog.query import Table, query_table
from audioset_duck.catalog.state import built_targets, kept_targets, read_state
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier


def target_counts(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Events, negatives and windows of a target, for the data sets that have any."""
    return query_table(
        connection,
        f"""
        select
            subset,
            if(is_strong, positive_event_count, null) as events,
            if(is_strong, not_overlapped_event_count, null) as alone,
            if(is_strong, overlapped_event_count, null) as overlapped,
            if(is_strong, positive_window_count, null) as windows,
            if(is_strong, strong_negative_event_count, null) as negatives,
            if(is_strong, strong_negative_window_count, null) as "neg. windows",
            if(is_strong, null, weak_negative_count) as "weak neg."
        from (
            select *, main.is_strong_subset(subset) as is_strong
            from {identifier(name)}.subset_counts
        )
        where positive_event_count + strong_negative_event_count + weak_negative_count > 0
        """,
    )


def sample_counts(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    """Samples of a target by split and role, and how many each filter removed."""
    return query_table(
        connection,
        f"""
        with counts as (
            select split, role, reason, sum(sample_count) as sample_count
            from {identifier(name)}.sample_counts
            group by all
        )

        select
            split,
            role,
            cast(coalesce(sum(sample_count) filter (where reason is null), 0) as bigint) as samples,
            list(format('{{}} {{:,}}', reason, cast(sample_count as bigint)) order by reason)
                filter (where reason is not null) as excluded
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


def target_title(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """A target's name, its labels and its clip length, in a line."""
    labels = connection.execute(
        "select role, string_agg(display_name, '; ' order by display_name)"
        f" from {identifier(name)}.target_labels group by role order by role desc"
    ).fetchall()
    window_seconds = kept_targets(read_state(connection))[name].window_seconds
    listed = ", ".join(f"{role}: {names}" for role, names in labels)
    return f"{name} ({listed}; windows of {window_seconds.normalize():f} s)"


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
        "select label_id, display_name, strong_negative_event_count, weak_negative_count"
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


def audio_counts(connection: duckdb.DuckDBPyConnection, subsets: Sequence[str] = ()) -> Table:
    """How many clips of some subsets, or of all, are of each status, how long and how large.

    A clip has one status in a subset: where it has a file for each, that which Silence is told by.
    """
    targets = [name for name in read_state(connection).targets if name in subsets]
    return query_table(
        connection,
        f"""
        with wanted as ({wanted_clips(targets)}),

        clips as (
            select wanted.subset, audio_files.*
            from wanted
            inner join main.audio_files using (ytid)
            qualify row_number() over (
                partition by wanted.subset, wanted.ytid
                order by
                    audio_files.status = if(wanted.is_silence, 'ok', 'silent') desc,
                    audio_files.status = 'ok' desc,
                    audio_files.audio_path
            ) = 1
        )

        select
            subset,
            status,
            count(*) as clip_count,
            round(sum(duration_seconds) / 3600, 2) as hours,
            sum(bytes) as bytes
        from clips
        group by subset, status
        order by subset, clip_count desc, status
        """,
        {"subsets": list(subsets)},
    )


def find_labels(connection: duckdb.DuckDBPyConnection, text: str) -> Table:
    """Labels whose MID or one of whose names holds a text, whatever its case; most frequent first.

    Raises:
        AudiosetDuckError: There is none; the nearest names are told.
    """
    found = query_table(
        connection,
        """
        select label_id, display_name, other_names, strong_event_count, framed_event_count,
            weak_clip_count
        from main.label_counts
        where
            label_id = $text
            or contains(lower(display_name), lower($text))
            or contains(lower(array_to_string(other_names, chr(10))), lower($text))
        order by strong_event_count + framed_event_count + weak_clip_count desc, label_id
        """,
        {"text": text},
    )
    if not found.rows:
        names = " or ".join(map(repr, nearest_names(connection, text)))
        raise AudiosetDuckError(
            f"no label matches {text!r}" + (f"; the nearest are {names}" if names else "")
        )
    return found


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
            f"{target.window_seconds.normalize():f}",
            origins[name] if known.get(name) == target else str(catalog),
            name in built,
        )
        for name, target in (known | built).items()
    ]
    return Table(["target", "labels", "ignored", "window_seconds", "defined_in", "is_built"], rows)


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
