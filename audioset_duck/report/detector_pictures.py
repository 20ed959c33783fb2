"""The pictures of detectors that were scored: what they find and confuse, and how they compare."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
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
# The relations that charts show: which of their rows, in which order.
_ROWS = {
    "recall_steps": "order by criterion, alarms_per_hour",
    "recall_bands": "and low is not null order by criterion, alarms_per_hour",
    "chosen_points": "order by criterion",
    "precision_steps": f"order by {UNIT_ORDER}, recall",
    "confusing_labels": "order by rank",
    "recall_groups": "order by grouping, rank",
    "score_histogram": f"order by {UNIT_ORDER}, kind, score_from",
    "calibration_bins": f"order by {UNIT_ORDER}, bin",
    "worst_alarms": "order by rank",
}
_TITLES_OF_GROUPS = {
    "duration": "by duration",
    "overlapped": "by overlap",
    "place": "by place in the clip",
    "label": "by label",
    "overlapping label": "by overlapping label",
}

# Gives the rows of a relation of `_ROWS` that are of a detector.
Reader: TypeAlias = Callable[[str, str], Rows]


def read_rows(
    connection: duckdb.DuckDBPyConnection, target: str, relation: str, detector: str
) -> Rows:
    """The rows of a relation of `_ROWS` that are of a detector."""
    return fetch_rows(
        connection,
        f"from {identifier(target)}.{relation} where detector = $detector {_ROWS[relation]}",
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
    name = _short(row["detector"])
    threshold = rounded(row["threshold"])
    return [
        Picture(
            f"{stem}_curves",
            f"{name}: what it finds of {target}",
            _curves(read, [row["detector"]]),
            2,
        ),
        Picture(
            f"{stem}_confusing_labels",
            f"{name}: sounds that it takes for {target}",
            _confusing_labels(read, row),
            columns=1,
            width=560,
        ),
        Picture(
            f"{stem}_recall_by",
            f"{name}: recall at the threshold {threshold}",
            _recall_by(read, row),
        ),
        Picture(f"{stem}_scores", f"{name}: its scores", _scores(read, row), columns=2),
    ]


def _curves(read: Reader, names: Sequence[str], unit: str = "", where: str = "") -> list[Panel]:
    """The curves of one detector in all its units, or of several in the same one."""

    def rows_of(relation: str) -> Rows:
        return [row for name in names for row in read(relation, name)]

    steps, precisions = rows_of("recall_steps"), rows_of("precision_steps")
    bands, chosen = _of_alarm(rows_of("recall_bands")), _of_alarm(rows_of("chosen_points"))
    lines, kinds = "criterion", "unit"
    if unit:
        lines = kinds = "detector"
        steps, precisions = _of_alarm(steps), [row for row in precisions if row["unit"] == unit]
    panels = []
    if steps:
        chart = detector_charts.recall_over_alarms(steps, bands, chosen, lines)
        notes = [
            "Alarm: any moment in common counts.",
            "The others ask for more of an event." if len(steps) > len(_of_alarm(steps)) else "",
            "Point: the chosen threshold." if chosen else "",
            "Band: 95% interval." if bands else "",
        ]
        panels.append(
            Panel(f"{where}Recall over false alarms", chart, " ".join(filter(None, notes)))
        )
    if precisions:
        chart = detector_charts.precision_over_recall(precisions, kinds)
        has_segments = any(point["unit"] == "segment" for point in precisions)
        note = "A segment is a second." if has_segments else ""
        panels.append(Panel(f"{where}Precision over recall", chart, note))
    return panels


def _confusing_labels(read: Reader, row: dict[str, Any]) -> list[Panel]:
    rows = read("confusing_labels", row["detector"])
    if not rows:
        return []
    return [
        Panel(
            "Labels with most false alarms",
            detector_charts.confusing_labels(rows, FEW),
            "In clips without the target. Lift: how many times as many false alarms per hour as in"
            " all of them.",
            height=None,
        )
    ]


def _recall_by(read: Reader, row: dict[str, Any]) -> list[Panel]:
    rows = read("recall_groups", row["detector"]) if row["threshold"] is not None else []
    panels = []
    for grouping, title in _TITLES_OF_GROUPS.items():
        groups = [group for group in rows if group["grouping"] == grouping]
        if groups:
            is_overlapping = grouping == "overlapping label"
            note = "An event counts once for each label that overlaps it." if is_overlapping else ""
            chart = detector_charts.recall_by_group(groups, FEW)
            panels.append(Panel(f"Recall {title}", chart, note, height=None))
    return panels


def _scores(read: Reader, row: dict[str, Any]) -> list[Panel]:
    detector, unit, threshold = row["detector"], row["unit"], row["threshold"]
    bins = [of_bin for of_bin in read("score_histogram", detector) if of_bin["unit"] == unit]
    panels = []
    if bins:
        chart = detector_charts.score_histogram(bins, threshold)
        note = "" if threshold is None else "Dashed: the chosen threshold."
        panels.append(Panel(f"Scores of each {unit}", chart, note))
    if calibration := read("calibration_bins", detector):
        panels.append(
            Panel(
                "Reliability",
                detector_charts.reliability(calibration),
                "The larger a point, the more scores are in its bin. Dashed: scores that are"
                " probabilities.",
            )
        )
    return panels


def comparison_pictures(
    read: Reader, target: str, differences: Rows, rows: Rows, detectors: Collection[str]
) -> list[Picture]:
    """The pictures that compare detectors.

    Args:
        read: Gives the rows of a relation of a detector.
        target: The target.
        differences: Rows of `compared_metrics`.
        rows: All rows of `detectors`.
        detectors: Names of the detectors that are compared with all others.
    """
    # Curves are in one chart if the subset and the unit are the same.
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row["subset"] or "", row["unit"]), []).append(row["detector"])
    curves = [
        panel
        for (subset, unit), names in groups.items()
        if len(names) > 1 and not set(names).isdisjoint(detectors)
        for panel in _curves(read, names, unit, f"{subset}, {unit}: " if subset else f"{unit}: ")
    ]
    return [
        Picture(f"score_{target}_comparison", f"Detectors of {target} compared", curves, 2),
        Picture(
            f"score_{target}_differences",
            f"Detectors of {target}: differences",
            _differences(differences),
            columns=2,
        ),
    ]


def _differences(rows: Rows) -> list[Panel]:
    """The differences of each pair, but for those of d-prime: AUC says the same in shares."""
    panels = []
    shown = [row for row in rows if row["metric"] != "d_prime"]
    for (better, worse), of_pair in itertools.groupby(
        shown, lambda row: (row["detector"], row["other_detector"])
    ):
        panels.append(
            Panel(
                f"{_short(better)} minus {_short(worse)}",
                detector_charts.differences(list(of_pair)),
                f"Right of 0, {_short(better)} is better. Filled: the 95% interval is on one side.",
                height=None,
            )
        )
    return panels


def rounded(threshold: float | None) -> str:
    """A threshold as it is shown, with four digits."""
    return "none" if threshold is None else f"{threshold:#.4g}"


def _of_alarm(rows: Rows) -> Rows:
    return [row for row in rows if row["criterion"] == ALARM]


def _short(name: str) -> str:
    """A name for a title of a chart: its middle is cut if it is long."""
    if len(name) <= MOST_LETTERS:
        return name
    half = MOST_LETTERS // 2
    return f"{name[:half]}…{name[-half:]}"
