"""The pictures of detectors that were scored: what they find and confuse, and how they compare."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

import duckdb

from audioset_duck.report.charts import detectors as detector_charts
from audioset_duck.report.charts.base import Panel, Rows, fetch_rows
from audioset_duck.report.sections import FEW, Picture
from audioset_duck.sqltext import identifier

# The criterion of the chosen threshold and of false alarms: any moment in common counts.
ALARM = "alarm"
# Longer names of detectors are cut in titles of charts and names of files.
MOST_LETTERS = 40
UNIT_ORDER = "list_position(['frame', 'segment', 'clip'], unit), unit"
# The relations that charts show, and the order of their rows.
_ORDERS = {
    "recall_steps": "criterion, alarms_per_hour",
    "recall_bands": "criterion, alarms_per_hour",
    "chosen_points": "criterion",
    "precision_steps": f"{UNIT_ORDER}, recall",
    "confusing_labels": "rank",
    "recall_groups": "grouping, rank",
    "score_histogram": f"{UNIT_ORDER}, kind, score_from",
    "calibration_bins": f"{UNIT_ORDER}, bin",
    "worst_alarms": "rank",
}
_SEGMENT_NOTE = "A segment is a second."
_TITLES_OF_GROUPS = {
    "duration": "by duration",
    "overlapped": "by overlap",
    "place": "by place in the clip",
    "label": "by label",
    "overlapping label": "by overlapping label",
}

# Gives the rows of a relation of `_ORDERS` that are of a detector.
Reader: TypeAlias = Callable[[str, str], Rows]


def read_rows(
    connection: duckdb.DuckDBPyConnection, target: str, relation: str, detector: str
) -> Rows:
    """The rows of a relation of `_ORDERS` that are of a detector."""
    return fetch_rows(
        connection,
        f"from {identifier(target)}.{relation} where detector = $detector"
        f" order by {_ORDERS[relation]}",
        {"detector": detector},
    )


def detector_pictures(read: Reader, target: str, row: dict[str, Any], stem: str) -> list[Picture]:
    """The pictures of one detector.

    Args:
        read: Gives the rows of a relation.
        target: The target.
        row: The detector's row of `detectors`.
        stem: How the names of its files begin.
    """
    pictures = [
        _curves(read, target, row, stem),
        _confusing_labels(read, target, row, stem),
        _recall_by(read, row, stem),
        _scores(read, row, stem),
    ]
    return [picture for picture in pictures if picture.panels]


def _curves(read: Reader, target: str, row: dict[str, Any], stem: str) -> Picture:
    name = row["detector"]
    steps, bands, chosen, precisions = (
        read(relation, name)
        for relation in ("recall_steps", "recall_bands", "chosen_points", "precision_steps")
    )
    panels = []
    if steps:
        panels.append(
            Panel(
                "Recall over false alarms",
                detector_charts.recall_over_alarms(
                    _of_alarm(steps), _with_ends(_of_alarm(bands)), _of_alarm(chosen), "criterion"
                ),
                _chosen_note(_of_alarm(chosen), has_bands=bool(_with_ends(bands))),
            )
        )
    if len({step["criterion"] for step in steps}) > 1:
        panels.append(
            Panel(
                "Recall over false alarms, by criterion",
                detector_charts.recall_over_alarms(steps, [], [], "criterion"),
                "Alarm: any moment in common counts. The others ask for more of an event.",
            )
        )
    if precisions:
        units = {row["unit"] for row in precisions}
        panels.append(
            Panel(
                "Precision over recall",
                detector_charts.precision_over_recall(precisions, "unit"),
                _SEGMENT_NOTE if "segment" in units else "",
            )
        )
    return Picture(f"{stem}_curves", f"{_short(name)}: what it finds of {target}", panels)


def rounded(threshold: float | None) -> str:
    """A threshold as it is shown, with four digits."""
    return "none" if threshold is None else f"{threshold:#.4g}"


def _of_alarm(rows: Rows) -> Rows:
    return [row for row in rows if row["criterion"] == ALARM]


def _with_ends(bands: Rows) -> Rows:
    """The rows that have an interval: without replicates, none has one."""
    return [band for band in bands if band["low"] is not None]


def _chosen_note(chosen: Rows, *, has_bands: bool) -> str:
    notes = ["Any moment in common counts."]
    notes += [
        f"Point: the chosen threshold {rounded(point['threshold'])}, recall {point['recall']:.3f},"
        f" {point['false_alarms_per_hour']:.3g} false alarms per hour."
        for point in chosen
    ]
    return " ".join([*notes, *(["Band: 95% interval."] if has_bands else [])])


def _confusing_labels(read: Reader, target: str, row: dict[str, Any], stem: str) -> Picture:
    rows = read("confusing_labels", row["detector"])
    panels = [
        Panel(
            "Labels with most false alarms",
            detector_charts.confusing_labels(rows, FEW),
            "In clips without the target. Lift: how many times as many false alarms per hour as in"
            " all of them; dashed: 1.",
            height=None,
        )
    ]
    return Picture(
        f"{stem}_confusing_labels",
        f"{_short(row['detector'])}: sounds that it takes for {target}",
        panels if rows else [],
        columns=1,
        width=560,
    )


def _recall_by(read: Reader, row: dict[str, Any], stem: str) -> Picture:
    rows = read("recall_groups", row["detector"]) if row["threshold"] is not None else []
    groups = {
        grouping: [group for group in rows if group["grouping"] == grouping]
        for grouping in _TITLES_OF_GROUPS
    }
    panels = [
        Panel(
            f"Recall {_TITLES_OF_GROUPS[grouping]}",
            detector_charts.recall_by_group(of_kind, FEW),
            "An event counts once for each label that overlaps it."
            if grouping == "overlapping label"
            else "",
            height=None,
        )
        for grouping, of_kind in groups.items()
        if of_kind
    ]
    return Picture(
        f"{stem}_recall_by",
        f"{_short(row['detector'])}: recall at the threshold {rounded(row['threshold'])}",
        panels,
    )


def _scores(read: Reader, row: dict[str, Any], stem: str) -> Picture:
    bins = read("score_histogram", row["detector"])
    calibration = read("calibration_bins", row["detector"])
    panels = [
        Panel(
            f"Scores of each {unit}",
            detector_charts.score_histogram(
                [of_bin for of_bin in bins if of_bin["unit"] == unit], row["threshold"]
            ),
            "" if row["threshold"] is None else "Dashed: the chosen threshold.",
        )
        for unit in dict.fromkeys(of_bin["unit"] for of_bin in bins)
    ]
    if calibration:
        panels.append(
            Panel(
                "Reliability",
                detector_charts.reliability(calibration),
                "The larger a point, the more scores are in its bin. Dashed: scores that are"
                " probabilities.",
            )
        )
    return Picture(f"{stem}_scores", f"{_short(row['detector'])}: its scores", panels, columns=2)


def _short(name: str) -> str:
    """A name for a title of a chart: its middle is cut if it is long."""
    if len(name) <= MOST_LETTERS:
        return name
    half = MOST_LETTERS // 2
    return f"{name[:half]}…{name[-half:]}"


def comparison_pictures(
    connection: duckdb.DuckDBPyConnection,
    read: Reader,
    target: str,
    query: str,
    rows: Rows,
    detectors: Collection[str],
) -> list[Picture]:
    """The pictures that compare detectors.

    Args:
        connection: The catalog.
        read: Gives the rows of a relation of a detector.
        target: The target.
        query: The differences, a row a metric.
        rows: All rows of `detectors`.
        detectors: Names of the detectors that are compared with all others.
    """
    pictures = [
        _compared_curves(read, target, rows, detectors),
        _differences(target, fetch_rows(connection, query)),
    ]
    return [picture for picture in pictures if picture.panels]


def _compared_curves(read: Reader, target: str, rows: Rows, detectors: Collection[str]) -> Picture:
    """Curves of the detectors with the same subset and unit in one chart."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row["subset"] or "", row["unit"]), []).append(row["detector"])
    panels = []
    for (subset, unit), names in groups.items():
        if len(names) > 1 and not set(names).isdisjoint(detectors):
            panels += _panels_of_group(read, subset, unit, names)
    return Picture(f"score_{target}_comparison", f"Detectors of {target} compared", panels, 2)


def _panels_of_group(read: Reader, subset: str, unit: str, names: list[str]) -> list[Panel]:
    steps, bands, chosen, precisions = (
        [row for name in names for row in read(relation, name)]
        for relation in ("recall_steps", "recall_bands", "chosen_points", "precision_steps")
    )
    of_unit = [row for row in precisions if row["unit"] == unit]
    where = f"{subset}, {unit}" if subset else unit
    panels = []
    if steps:
        chart = detector_charts.recall_over_alarms(
            _of_alarm(steps), _with_ends(_of_alarm(bands)), _of_alarm(chosen), "detector", 1
        )
        note = "Any moment in common counts. Points: the chosen thresholds." + (
            " Bands: 95% intervals." if _with_ends(bands) else ""
        )
        panels.append(Panel(f"{where}: recall over false alarms", chart, note))
    if of_unit:
        chart = detector_charts.precision_over_recall(of_unit, "detector", 1)
        panels.append(Panel(f"{where}: precision over recall", chart))
    return panels


def _differences(target: str, rows: Rows) -> Picture:
    """Differences of each pair; those of d-prime are larger and have a chart of their own."""
    panels = []
    for pair, of_pair in itertools.groupby(
        rows, lambda row: (row["detector"], row["other_detector"])
    ):
        better, worse = map(_short, pair)
        listed = list(of_pair)
        for shown in (
            [row for row in listed if row["metric"] != "d_prime"],
            [row for row in listed if row["metric"] == "d_prime"],
        ):
            if shown:
                panels.append(
                    Panel(
                        f"{better} minus {worse}"
                        + (": d-prime" if shown[0]["metric"] == "d_prime" else ""),
                        detector_charts.differences(shown),
                        f"Right of 0, {better} is better. Filled: the 95% interval is on one side.",
                        height=None,
                    )
                )
    return Picture(
        f"score_{target}_differences", f"Detectors of {target}: differences", panels, columns=2
    )
