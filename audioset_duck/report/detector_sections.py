"""The sections on the detectors of a target that were scored, and on how they compare."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection
from functools import cache, partial
from typing import Any

import duckdb

from audioset_duck.catalog.state import read_state
from audioset_duck.report.charts.base import Rows, fetch_rows
from audioset_duck.report.detector_pictures import (
    ALARM,
    MOST_LETTERS,
    UNIT_ORDER,
    Reader,
    comparison_pictures,
    detector_pictures,
    read_rows,
    rounded,
)
from audioset_duck.report.sections import Moment, Section
from audioset_duck.sqltext import identifier, literal
from audioset_duck.wording import counted


def scored_detectors(connection: duckdb.DuckDBPyConnection, target: str) -> list[str]:
    """The names of the detectors of a target that were scored, sorted; none before the first."""
    is_scored = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database()"
        " and schema_name = $1 and table_name = 'detectors'",
        [target],
    ).fetchall()
    if not is_scored:
        return []
    query = f"select detector from {identifier(target)}.detectors order by detector"
    return [name for (name,) in connection.execute(query).fetchall()]


def detector_sections(
    connection: duckdb.DuckDBPyConnection, target: str, detectors: Collection[str]
) -> list[Section]:
    """The sections on detectors of a target, and the one that compares them with all others.

    Args:
        connection: The catalog.
        target: The target.
        detectors: Names of scored detectors; may be empty.
    """
    if not detectors:
        return []
    stems = _file_stems(connection)
    # The comparison draws curves that the sections have read already.
    read = cache(partial(read_rows, connection, target))
    rows = fetch_rows(connection, f"from {identifier(target)}.detectors order by detector")
    sections = [
        _detector_section(connection, read, target, row, stems[target, row["detector"]])
        for row in rows
        if row["detector"] in detectors
    ]
    return sections + _comparison_sections(connection, read, target, rows, detectors)


def _file_stems(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """How the names of the files of each detector of each target begin.

    A detector's name may hold anything. What is not safe in a file name is replaced. A hash follows
    a name that this changes, that would give files of the same name, or that ends like a hash.
    """
    scored = [
        (target, name)
        for target in read_state(connection).targets
        for name in scored_detectors(connection, target)
    ]
    plain = {
        (target, name): f"score_{target}_{re.sub('[^A-Za-z0-9.-]+', '_', name)[:MOST_LETTERS]}"
        for target, name in scored
    }
    # Some file systems do not tell upper case from lower case.
    counts = Counter(stem.lower() for stem in plain.values())
    return {
        (target, name): stem
        if stem == f"score_{target}_{name}"
        and counts[stem.lower()] == 1
        and not re.search("-[0-9a-f]{8}$", stem)
        else f"{stem}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        for (target, name), stem in plain.items()
    }


def _detector_section(
    connection: duckdb.DuckDBPyConnection,
    read: Reader,
    target: str,
    row: dict[str, Any],
    stem: str,
) -> Section:
    name = row["detector"]
    return Section(
        f"Target {target}: detector {name}",
        partial(detector_pictures, read, target, row, stem),
        {f"{stem}_{table}": query for table, query in _tables(target, row).items()},
        _note(row),
        _figures(connection, target, row),
        moments=_moments(read("worst_alarms", name)),
        moments_title="The false alarms with the highest scores",
    )


def _tables(target: str, row: dict[str, Any]) -> dict[str, str]:
    """The CSV files of a detector by the ends of their names."""
    schema, name = identifier(target), literal(row["detector"])

    def rows_of(relation: str, order: str) -> str:
        return f"from {schema}.{relation} where detector = {name} order by {order}"

    tables = {
        "ranking_metrics": rows_of("ranking_metrics", UNIT_ORDER),
        "operating_points": rows_of("operating_points", "criterion, alarms_per_hour"),
        "false_alarm_labels": rows_of("false_alarm_labels", "false_alarm_count desc, label_id"),
        "recall_by": rows_of("recall_by", "grouping, value"),
        "alarms": rows_of("alarms", "is_true, score desc, clip_id, start_seconds"),
        "suspects": (
            f"from {schema}.suspects semi join"
            f" (from {schema}.detector_suspects where detector = {name})"
            " using (kind, clip_id, start_seconds, end_seconds)"
            " order by kind, detector_count desc, if(kind = 'event', score, -score), clip_id,"
            " start_seconds"
        ),
    }
    if row["unit"] == "frame":
        tables["event_metrics"] = rows_of("event_metrics", "criterion")
    return tables


def _note(row: dict[str, Any]) -> str:
    """What is missing of a detector's predictions, and of its diagnostics."""
    item = "sample" if row["unit"] == "sample" else "clip"
    notes = []
    if row["missing_clip_count"]:
        notes.append(
            f"It has no scores of {counted(row['missing_clip_count'], item)},"
            f" {row['missing_positive_count']:,} of them with the target; they are not evaluated."
        )
    if row["short_clip_count"]:
        notes.append(
            f"The frames of {counted(row['short_clip_count'], 'clip')} end before the clip does;"
            " nothing is detected in the rest."
        )
    if row["threshold"] is None:
        notes.append(
            "No threshold has so few false alarms, so that there are neither alarms nor recall by"
            " group."
        )
    return " ".join(notes)


def _figures(
    connection: duckdb.DuckDBPyConnection, target: str, row: dict[str, Any]
) -> list[tuple[str, str]]:
    schema, unit = identifier(target), row["unit"]
    of_detector = {"detector": row["detector"]}

    def rows_of(relation: str, condition: str) -> Rows:
        return fetch_rows(
            connection,
            f"from {schema}.{relation} where detector = $detector and {condition}",
            of_detector,
        )

    figures = [("scored on", _scored_on(row)), ("hours", _hours(row["hours"] or 0))]
    for metrics in rows_of("ranking_metrics", f"unit = {literal(unit)}"):
        figures += [
            ("AP", _with_interval(metrics, "average_precision")),
            ("AUC", _with_interval(metrics, "roc_auc")),
            ("d-prime", _with_interval(metrics, "d_prime", 2)),
        ]
    figures += [
        (metrics["criterion"].upper(), _with_interval(metrics, "psds"))
        for metrics in rows_of(
            "event_metrics", "criterion in ('psds1', 'psds2') order by criterion"
        )
    ]
    figures += [
        ("recall, 1 alarm/h", _with_interval(point, "recall"))
        for point in rows_of("operating_points", f"criterion = '{ALARM}' and alarms_per_hour = 1")
    ]
    return [*figures, ("threshold", rounded(row["threshold"]))]


def _scored_on(row: dict[str, Any]) -> str:
    """The subset and the unit of a detector; samples are of several subsets."""
    return f"{row['subset']}, {row['unit']}" if row["subset"] else str(row["unit"])


def _hours(hours: float) -> str:
    return f"{hours:,.1f}" if hours >= 1 else f"{hours:.2g}"


def _with_interval(row: dict[str, Any], metric: str, places: int = 3) -> str:
    """A metric and its 95% interval."""
    value, low, high = (row[name] for name in (metric, f"{metric}_low", f"{metric}_high"))
    if value is None:
        return "none"
    interval = "" if low is None else f" ({low:.{places}f}, {high:.{places}f})"
    return f"{value:.{places}f}{interval}"


def _moments(rows: Rows) -> list[Moment]:
    return [
        Moment(
            rounded(row["score"]),
            f"{row['clip_id']}, {row['start_seconds']:.2f} to {row['end_seconds']:.2f} s",
            row["url"],
            row["title"],
        )
        for row in rows
    ]


def _comparison_sections(
    connection: duckdb.DuckDBPyConnection,
    read: Reader,
    target: str,
    rows: Rows,
    detectors: Collection[str],
) -> list[Section]:
    """The section that compares detectors with all that were scored on the same; if there are."""
    schema, names = identifier(target), f"({', '.join(map(literal, detectors))})"
    condition = f"where detector in {names} or other_detector in {names}"
    pairs = fetch_rows(
        connection, f"select distinct detector from {schema}.compared_metrics {condition}"
    )
    if not pairs:
        return []
    query = f"from {schema}.compared_metrics {condition} order by detector, other_detector, rank"
    return [
        Section(
            f"Target {target}: detectors compared",
            partial(comparison_pictures, connection, read, target, query, rows, detectors),
            {f"score_{target}_differences": query},
        )
    ]
