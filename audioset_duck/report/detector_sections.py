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
from audioset_duck.report.sections import Section
from audioset_duck.sqltext import identifier, literal
from audioset_duck.wording import counted

# The tables of a detector, and the order of their rows.
_TABLES = {
    "ranking_metrics": UNIT_ORDER,
    "event_metrics": "criterion",
    "operating_points": "criterion, alarms_per_hour",
    "false_alarm_labels": "false_alarm_count desc, label_id",
    "recall_by": "grouping, value",
    "alarms": "is_true, score desc, clip_id, start_seconds",
}
# The metrics that a reader sees first: name, title, unit (None: the detector's) and decimals.
_METRICS = (
    ("average_precision", "AP", None, 3),
    ("roc_auc", "AUC", None, 3),
    ("d_prime", "d-prime", None, 2),
    ("psds1", "PSDS1", "event", 3),
    ("psds2", "PSDS2", "event", 3),
    ("recall", "recall, 1 alarm/h", "event", 3),
)


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
    schema, name = identifier(target), literal(row["detector"])
    tables = {
        table: f"from {schema}.{table} where detector = {name} order by {order}"
        for table, order in _TABLES.items()
        if table != "event_metrics" or row["unit"] == "frame"
    }
    tables["suspects"] = (
        f"from {schema}.suspects semi join"
        f" (from {schema}.detector_suspects where detector = {name})"
        " using (kind, clip_id, start_seconds, end_seconds)"
        " order by kind, detector_count desc, if(kind = 'event', score, -score), clip_id,"
        " start_seconds"
    )
    return Section(
        f"Target {target}: detector {row['detector']}",
        partial(detector_pictures, read, target, row, stem),
        {f"{stem}_{table}": query for table, query in tables.items()},
        _note(row),
        _figures(connection, target, row),
        alarms=read("worst_alarms", row["detector"]),
    )


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
            "No threshold has so few false alarms as were asked for: there are neither alarms nor"
            " recall by group."
        )
    return " ".join(notes)


def _figures(
    connection: duckdb.DuckDBPyConnection, target: str, row: dict[str, Any]
) -> list[tuple[str, str]]:
    """What was scored, and the metrics with their 95% intervals."""
    schema, hours = identifier(target), row["hours"] or 0
    metrics = fetch_rows(
        connection,
        f"select metric, unit, value, low, high from {schema}.metric_values"
        " where detector = $detector"
        " union all select 'recall', 'event', recall, recall_low, recall_high"
        f" from {schema}.operating_points where detector = $detector"
        f" and criterion = '{ALARM}' and alarms_per_hour = 1",
        {"detector": row["detector"]},
    )
    found = {(of["metric"], of["unit"]): of for of in metrics}
    figures = [
        # Samples are of several subsets.
        ("scored on", f"{row['subset']}, {row['unit']}" if row["subset"] else row["unit"]),
        ("hours", f"{hours:,.1f}" if hours >= 1 else f"{hours:.2g}"),
    ]
    for metric, title, unit, places in _METRICS:
        if of := found.get((metric, unit or row["unit"])):
            value = "none" if of["value"] is None else f"{of['value']:.{places}f}"
            if of["low"] is not None:
                value += f" ({of['low']:.{places}f}, {of['high']:.{places}f})"
            figures.append((title, value))
    return [*figures, ("threshold", rounded(row["threshold"]))]


def _comparison_sections(
    connection: duckdb.DuckDBPyConnection,
    read: Reader,
    target: str,
    rows: Rows,
    detectors: Collection[str],
) -> list[Section]:
    """The section that compares detectors with all that were scored on the same; if there are."""
    names = f"({', '.join(map(literal, detectors))})"
    query = (
        f"from {identifier(target)}.compared_metrics"
        f" where detector in {names} or other_detector in {names}"
        " order by detector, other_detector, rank"
    )
    differences = fetch_rows(connection, query)
    if not differences:
        return []
    return [
        Section(
            f"Target {target}: detectors compared",
            partial(comparison_pictures, read, target, differences, rows, detectors),
            {f"score_{target}_differences": query},
        )
    ]
