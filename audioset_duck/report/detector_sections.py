"""The sections on the detectors of a target that were scored, and on how they compare."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Callable, Collection
from functools import cache, partial
from typing import Any, TypeAlias

import duckdb

from audioset_duck.catalog.state import read_state
from audioset_duck.report.charts import detectors as detector_charts
from audioset_duck.report.charts.base import Panel, Rows, fetch_rows
from audioset_duck.report.sections import FEW, Moment, Picture, Section
from audioset_duck.sqltext import identifier, literal
from audioset_duck.wording import counted

# The criterion of the chosen threshold and of false alarms: any moment in common counts.
ALARM = "alarm"
# Longer names of detectors are cut in titles of charts.
_MOST_LETTERS = 40
_UNIT_ORDER = "list_position(['frame', 'segment', 'clip'], unit), unit"
# The relations that charts show, and the order of their rows.
_ORDERS = {
    "recall_steps": "criterion, alarms_per_hour",
    "recall_bands": "criterion, alarms_per_hour",
    "chosen_points": "criterion",
    "precision_steps": f"{_UNIT_ORDER}, recall",
    "confusing_labels": "rank",
    "recall_groups": "grouping, rank",
    "score_histogram": f"{_UNIT_ORDER}, kind, score_from",
    "calibration_bins": f"{_UNIT_ORDER}, bin",
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
    read = cache(partial(_read, connection, target))
    rows = fetch_rows(connection, f"from {identifier(target)}.detectors order by detector")
    sections = [
        _detector_section(connection, read, target, row, stems[target, row["detector"]])
        for row in rows
        if row["detector"] in detectors
    ]
    return sections + _comparison_sections(connection, read, target, rows, detectors)


def _read(connection: duckdb.DuckDBPyConnection, target: str, relation: str, detector: str) -> Rows:
    return fetch_rows(
        connection,
        f"from {identifier(target)}.{relation} where detector = $detector"
        f" order by {_ORDERS[relation]}",
        {"detector": detector},
    )


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
        (target, name): f"score_{target}_{re.sub('[^A-Za-z0-9.-]+', '_', name)[:_MOST_LETTERS]}"
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
        partial(_pictures, read, target, row, stem),
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
        "ranking_metrics": rows_of("ranking_metrics", _UNIT_ORDER),
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
    return [*figures, ("threshold", _rounded(row["threshold"]))]


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


def _rounded(threshold: float | None) -> str:
    return "none" if threshold is None else f"{threshold:#.4g}"


def _moments(rows: Rows) -> list[Moment]:
    return [
        Moment(
            _rounded(row["score"]),
            f"{row['clip_id']}, {row['start_seconds']:.2f} to {row['end_seconds']:.2f} s",
            row["url"],
            row["title"],
        )
        for row in rows
    ]


def _pictures(read: Reader, target: str, row: dict[str, Any], stem: str) -> list[Picture]:
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


def _of_alarm(rows: Rows) -> Rows:
    return [row for row in rows if row["criterion"] == ALARM]


def _with_ends(bands: Rows) -> Rows:
    """The rows that have an interval: without replicates, none has one."""
    return [band for band in bands if band["low"] is not None]


def _chosen_note(chosen: Rows, *, has_bands: bool) -> str:
    notes = ["Any moment in common counts."]
    notes += [
        f"Point: the chosen threshold {_rounded(point['threshold'])}, recall {point['recall']:.3f},"
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
        f"{_short(row['detector'])}: recall at the threshold {_rounded(row['threshold'])}",
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
    if len(name) <= _MOST_LETTERS:
        return name
    half = _MOST_LETTERS // 2
    return f"{name[:half]}…{name[-half:]}"


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
            partial(_comparison_pictures, connection, read, target, query, rows, detectors),
            {f"score_{target}_differences": query},
        )
    ]


def _comparison_pictures(
    connection: duckdb.DuckDBPyConnection,
    read: Reader,
    target: str,
    query: str,
    rows: Rows,
    detectors: Collection[str],
) -> list[Picture]:
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
