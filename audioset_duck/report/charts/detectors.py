"""Detectors that were scored: what they find, what confuses them, what their scores mean."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREY,
    LABEL_WIDTH,
    ORANGE,
    POWERS,
    VERMILION,
    WHOLE_NUMBERS,
    Chart,
    Rows,
    inline,
    largest,
    line_styles,
    names_axis,
    tooltip,
    top_legend,
    value_bars,
)

# The size of invisible points that have the tooltips of a line.
_HOVER_SIZE = 90


def recall_over_alarms(steps: Rows, bands: Rows, chosen: Rows, field: str) -> Chart:
    """Draw recall over false alarms per hour, the latter on a log scale.

    Args:
        steps: Rows of `recall_steps`.
        bands: Rows of `recall_bands`, whose intervals are drawn; may be empty.
        chosen: Rows of `chosen_points`, which are marked; may be empty.
        field: What the lines differ in: `criterion` or `detector`.
    """
    styles = line_styles(steps, field, _columns(field))
    x = alt.X(
        "alarms_per_hour:Q",
        title="false alarms per hour, log scale",
        # No false alarm at all is at the left edge.
        scale=alt.Scale(type="log", domain=[0.1, 100], clamp=True, nice=False),
        axis=alt.Axis(values=[0.1, 1, 10, 100], format="~r"),
    )
    fields = ("detector", "criterion", "threshold", "recall", "precision")
    base = alt.Chart(inline(steps)).encode(x=x, y=_share_axis("recall"))
    return (
        alt.Chart(inline(bands))
        .mark_area(interpolate="step-after", opacity=0.3)
        .encode(x=x, y=_share_axis("low", "recall"), y2="high:Q", color=styles["color"])
        + base.mark_line(interpolate="step-after").encode(**styles)
        + base.mark_point(opacity=0, size=_HOVER_SIZE).encode(
            tooltip=tooltip(*fields, "alarms_per_hour")
        )
        + alt.Chart(inline(chosen))
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x="false_alarms_per_hour:Q",
            y="recall:Q",
            color=styles["color"],
            tooltip=tooltip(*fields, "false_alarms_per_hour"),
        )
    )


def precision_over_recall(rows: Rows, field: str) -> Chart:
    """Draw precision over recall.

    Args:
        rows: Rows of `precision_steps`.
        field: What the lines differ in: `unit` or `detector`.
    """
    base = alt.Chart(inline(rows)).encode(
        x=alt.X("recall:Q", title="recall", scale=alt.Scale(domain=[0, 1])),
        y=_share_axis("precision"),
    )
    return base.mark_line(interpolate="step-before").encode(
        **line_styles(rows, field, _columns(field))
    ) + base.mark_point(opacity=0, size=_HOVER_SIZE).encode(
        tooltip=tooltip("detector", "unit", "threshold", "recall", "precision")
    )


def confusing_labels(rows: Rows, top: int) -> Chart:
    """Draw the labels with most false alarms, with the lift of each.

    The rows are those of `confusing_labels` for one detector.
    """
    fields = [
        *("title", "label_id", "false_alarm_count", "percentage", "hours"),
        *("false_alarms_per_hour", "lift", "highest_score"),
    ]
    return value_bars(
        largest(rows, top).encode(tooltip=tooltip(*fields)),
        "false_alarm_count",
        "false alarms",
        text="format(datum.false_alarm_count, ',')"
        " + (datum.lift === null ? '' : ' · lift ' + format(datum.lift, '.1f'))",
        more="''",
        axis=alt.Axis(tickCount=5, labelExpr=WHOLE_NUMBERS),
    )


def recall_by_group(rows: Rows, top: int) -> Chart:
    """Draw the recall of groups of events, with the number of events of each.

    The rows are those of `recall_groups` for one detector and grouping.
    """
    label = {"title": "Label", "label_id": "MID"} if rows[0]["label_id"] else {"title": "Events"}
    return value_bars(
        largest(rows, top).encode(
            tooltip=tooltip(**label) + tooltip("event_count", "recall", "median_score")
        ),
        "recall",
        "recall",
        text="format(datum.recall, '.2f') + ' of ' + format(datum.event_count, ',')",
        more="(datum.event_count === 1 ? ' event' : ' events')",
        axis=alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2~f", domain=False),
        longest="1",
    )


def reliability(rows: Rows) -> Chart:
    """Draw the share of positives over the mean score of each bin of scores.

    The rows are those of `calibration_bins` for one detector.
    """
    diagonal = inline([{"mean_score": share, "positive_share": share} for share in (0, 1)])
    x = alt.X("mean_score:Q", title="mean score", scale=alt.Scale(domain=[0, 1]))
    y = _share_axis("positive_share", "share of positives")
    styles = line_styles(rows, "unit")
    base = alt.Chart(inline(rows)).encode(x=x, y=y)
    return (
        alt.Chart(diagonal)
        .mark_line(color=GREY, strokeDash=[4, 3], strokeWidth=1.5)
        .encode(x=x, y=y)
        + base.mark_line().encode(**styles)
        + base.mark_point(filled=True, opacity=1).encode(
            color=styles["color"],
            size=alt.Size(
                "score_count:Q",
                scale=alt.Scale(type="log", range=[15, 200], domainMin=1),
                legend=None,
            ),
            tooltip=tooltip("unit", "score_count", "mean_score", "positive_share"),
        )
    )


def score_histogram(rows: Rows, threshold: float | None) -> Chart:
    """Draw histograms of the scores of positives and negatives, with the chosen threshold.

    Args:
        rows: Rows of `score_histogram` for one detector and unit.
        threshold: The chosen threshold; None: there is none.
    """
    is_probability = all(row["score_from"] >= 0 and row["score_to"] <= 1 for row in rows)
    scale = alt.Scale(domain=[0, 1]) if is_probability else alt.Scale(zero=False, nice=False)
    kinds = alt.Scale(domain=["negative", "positive"], range=[BLUE, ORANGE])
    bars = (
        alt.Chart(inline(rows))
        .mark_rect(fillOpacity=0.35, strokeWidth=1.2)
        .encode(
            x=alt.X("score_from:Q", title="score", scale=scale),
            x2="score_to:Q",
            y=alt.Y(
                "item_count:Q",
                title="number, log scale",
                scale=alt.Scale(type="log", domainMin=0.5, nice=False),
                axis=alt.Axis(values=[power for power in POWERS if power >= 1], format="~s"),
            ),
            y2=alt.datum(0.5),
            color=alt.Color("kind:N", scale=kinds, legend=top_legend()),
            stroke=alt.Stroke("kind:N", scale=kinds, legend=None),
            tooltip=tooltip("kind", "score_from", "score_to", item_count="Number"),
        )
    )
    if threshold is None:
        return bars
    rule = alt.Chart(inline([{"threshold": threshold}])).mark_rule(
        color=VERMILION, strokeWidth=2, strokeDash=[5, 3]
    )
    return bars + rule.encode(x="threshold:Q", tooltip=tooltip(threshold="Chosen threshold"))


def differences(rows: Rows) -> Chart:
    """Draw how much better one detector is than another, by each metric, with 95% intervals.

    The rows are those of `compared_metrics` for one pair.
    """
    base = (
        alt.Chart(inline(rows))
        .encode(
            y=names_axis("title", "rank", grid=True),
            tooltip=tooltip(
                *("detector", "other_detector", "difference", "low", "high", "better_share"),
                title="Metric",
            ),
        )
        .add_params(LABEL_WIDTH)
    )
    x = alt.X(
        "difference:Q",
        title="difference",
        scale=alt.Scale(zero=True, padding=8),
        axis=alt.Axis(tickCount=5, labelExpr="datum.value ? format(datum.value, '+~g') : '0'"),
    )
    zero = alt.Chart(inline([{"difference": 0}])).mark_rule(color=GREY, strokeWidth=1.5)
    is_clear = "datum.low > 0 || (datum.high < 0 && datum.high !== null)"
    return (
        zero.encode(x=x)
        + base.mark_rule(color=BLUE, strokeWidth=2).encode(x="low:Q", x2="high:Q")
        + base.mark_point(fill=BLUE, stroke=BLUE, size=80, strokeWidth=2, opacity=1).encode(
            x=x, fillOpacity=alt.condition(is_clear, alt.value(1), alt.value(0))
        )
    )


def _columns(field: str) -> int:
    """How many entries of a legend stand side by side: names of detectors may be long."""
    return 1 if field == "detector" else 3


def _share_axis(field: str, title: str = "") -> alt.Y:
    """A vertical axis from 0 to 1."""
    return alt.Y(f"{field}:Q", title=title or field, scale=alt.Scale(domain=[0, 1]))
