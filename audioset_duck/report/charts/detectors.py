"""Detectors that were scored: what they find, what confuses them, what their scores mean."""

from __future__ import annotations

from typing import Any

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREEN,
    GREY,
    LABEL_TOOLTIP,
    LABEL_WIDTH,
    ORANGE,
    PICKED,
    PLOT_WIDTH,
    POWERS,
    PURPLE,
    SEARCH,
    SKY,
    VERMILION,
    WHOLE_NUMBERS,
    WIDE,
    Chart,
    Rows,
    highlighted,
    inline,
    largest,
    names_axis,
)

# Lines differ in colour and, for whoever does not see the colours, in their dashes.
_COLORS = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY]
_DASHES = [[1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [5, 2], [12, 4]]
# The size of invisible points that have the tooltips of a line.
HOVER_SIZE = 90
_NUMBER = ".3f"
_SHARES = [0, 0.25, 0.5, 0.75, 1]


def recall_over_alarms(
    steps: Rows, bands: Rows, chosen: Rows, field: str, columns: int = 3
) -> Chart:
    """Draw recall over false alarms per hour, the latter on a log scale.

    Args:
        steps: Rows of `recall_steps`.
        bands: Rows of `recall_bands`, whose intervals are drawn; may be empty.
        chosen: Rows of `chosen_points`, which are marked; may be empty.
        field: What the lines differ in: `criterion` or `detector`.
        columns: How many entries of the legend stand side by side.
    """
    names = _distinct(steps, field)
    legend = _legend(names, columns)
    color = _color(field, names, legend)
    x = alt.X(
        "alarms_per_hour:Q",
        title="false alarms per hour, log scale",
        # No false alarm at all is at the left edge.
        scale=alt.Scale(type="log", domain=[0.1, 100], clamp=True, nice=False),
        axis=alt.Axis(values=[0.1, 1, 10, 100], format="~r"),
    )
    lines = alt.Chart(inline(steps)).encode(x=x, y=_share_axis("recall"))
    return (
        alt.Chart(inline(bands))
        .mark_area(interpolate="step-after", opacity=0.3)
        .encode(x=x, y=_share_axis("low", "recall"), y2="high:Q", color=color)
        + lines.mark_line(interpolate="step-after").encode(
            color=color, strokeDash=_dash(field, names, legend)
        )
        + lines.mark_point(opacity=0, size=HOVER_SIZE).encode(
            tooltip=_point_tooltip("criterion", "alarms_per_hour", "False alarms per hour, at most")
        )
        + alt.Chart(inline(chosen))
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=alt.X("false_alarms_per_hour:Q"),
            y=alt.Y("recall:Q"),
            color=color,
            tooltip=_point_tooltip("criterion", "false_alarms_per_hour", "False alarms per hour"),
        )
    )


def precision_over_recall(rows: Rows, field: str, columns: int = 3) -> Chart:
    """Draw precision over recall.

    Args:
        rows: Rows of `precision_steps`.
        field: What the lines differ in: `unit` or `detector`.
        columns: How many entries of the legend stand side by side.
    """
    base = alt.Chart(inline(rows)).encode(
        x=alt.X("recall:Q", title="recall", scale=alt.Scale(domain=[0, 1])),
        y=_share_axis("precision"),
    )
    names = _distinct(rows, field)
    legend = _legend(names, columns)
    return base.mark_line(interpolate="step-before").encode(
        color=_color(field, names, legend), strokeDash=_dash(field, names, legend)
    ) + base.mark_point(opacity=0, size=HOVER_SIZE).encode(tooltip=_point_tooltip("unit"))


def confusing_labels(rows: Rows, top: int) -> Chart:
    """Draw the labels with most false alarms, and beside them the lift of each.

    Args:
        rows: Rows of `confusing_labels` for one detector.
        top: The largest number of labels to show.
    """
    tooltip = [
        *LABEL_TOOLTIP,
        alt.Tooltip("false_alarm_count:Q", title="False alarms", format=","),
        alt.Tooltip("percentage:Q", title="% of all", format=".1f"),
        alt.Tooltip("hours:Q", title="Hours with the label", format=",.3f"),
        alt.Tooltip("false_alarms_per_hour:Q", title="False alarms per hour", format=",.3f"),
        alt.Tooltip("lift:Q", title="Lift", format=",.2f"),
        alt.Tooltip("highest_score:Q", title="Highest score", format=".4~g"),
    ]
    # The bars have the left part of the plot, their numbers a gap, the dots the right part.
    counts = alt.X(
        "false_alarm_count:Q",
        title="false alarms",
        scale=alt.Scale(range=[0, {"expr": "0.5 * plot_width"}], zero=True, nice=False),
        axis=alt.Axis(tickCount=3, labelExpr=WHOLE_NUMBERS, grid=False),
    )
    lifts = alt.X(
        "lift:Q",
        title="lift",
        scale=alt.Scale(
            range=[{"expr": "0.68 * plot_width"}, {"expr": "0.93 * plot_width"}],
            zero=True,
            nice=False,
        ),
        axis=alt.Axis(orient="bottom", tickCount=3, format="~s"),
    )
    base = largest(rows).encode(y=names_axis("title", "position"), tooltip=tooltip)
    bars = base.mark_bar().encode(x=counts, color=highlighted()) + base.mark_text(
        align="left", dx=4
    ).encode(x=counts, text=alt.Text("false_alarm_count:Q", format=","))
    usual = alt.Chart(inline([{"lift": 1}])).mark_rule(color=GREY, strokeDash=[4, 3])
    stems = base.mark_rule(color=VERMILION, opacity=0.5)
    dots = (
        usual.encode(x=lifts)
        + stems.encode(x=lifts, x2=alt.datum(0))
        + base.mark_point(filled=True, size=70, opacity=1, color=VERMILION).encode(x=lifts)
    )
    return (
        alt.layer(bars, dots)
        .resolve_scale(x="independent")
        .resolve_axis(x="independent")
        .add_params(LABEL_WIDTH, PLOT_WIDTH, SEARCH, PICKED, alt.param("shown", value=top))
    )


def recall_by_group(rows: Rows, top: int) -> Chart:
    """Draw the recall of groups of events, with the number of events of each.

    Args:
        rows: Rows of `recall_groups` for one detector and grouping.
        top: The largest number of groups to show.
    """
    room = f"(plot_width < {WIDE} ? 75 : 130)"
    x = alt.X(
        "recall:Q",
        title="recall",
        scale=alt.Scale(
            domainMin=0, domainMax={"expr": f"1 + {room} / max(60, plot_width - {room})"}
        ),
        axis=alt.Axis(values=_SHARES, format=".2~f", domain=False),
    )
    base = (
        (largest(rows) if rows[0]["label_id"] else alt.Chart(inline(rows)))
        .transform_calculate(
            text="format(datum.recall, '.2f') + ' of ' + format(datum.event_count, ',')"
            f" + (plot_width < {WIDE} ? '' : datum.event_count === 1 ? ' event' : ' events')"
        )
        .encode(
            x=x,
            y=names_axis("title", "rank"),
            tooltip=[
                *(
                    LABEL_TOOLTIP
                    if rows[0]["label_id"]
                    else [alt.Tooltip("title:N", title="Events")]
                ),
                alt.Tooltip("event_count:Q", title="Number of events", format=","),
                alt.Tooltip("recall:Q", title="Recall", format=_NUMBER),
                alt.Tooltip(
                    "median_score:Q", title="Median of their highest scores", format=".4~g"
                ),
            ],
        )
    )
    return (
        base.mark_bar().encode(color=highlighted())
        + base.mark_text(align="left", dx=4).encode(text="text:N")
    ).add_params(LABEL_WIDTH, PLOT_WIDTH, SEARCH, PICKED, alt.param("shown", value=top))


def reliability(rows: Rows) -> Chart:
    """Draw the share of positives over the mean score of each bin of scores.

    Args:
        rows: Rows of `calibration_bins` for one detector.
    """
    diagonal = inline([{"mean_score": share, "positive_share": share} for share in (0, 1)])
    x = alt.X("mean_score:Q", title="mean score", scale=alt.Scale(domain=[0, 1]))
    y = _share_axis("positive_share", "share of positives")
    units = _distinct(rows, "unit")
    legend = _legend(units, 3)
    base = alt.Chart(inline(rows)).encode(x=x, y=y)
    return (
        alt.Chart(diagonal)
        .mark_line(color=GREY, strokeDash=[4, 3], strokeWidth=1.5)
        .encode(x=x, y=y)
        + base.mark_line().encode(
            color=_color("unit", units, legend), strokeDash=_dash("unit", units, legend)
        )
        + base.mark_point(filled=True, opacity=1).encode(
            color=_color("unit", units, legend),
            size=alt.Size(
                "score_count:Q",
                scale=alt.Scale(type="log", range=[15, 200], domainMin=1),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("unit:N", title="Unit"),
                alt.Tooltip("score_count:Q", title="Scores", format=","),
                alt.Tooltip("mean_score:Q", title="Mean score", format=_NUMBER),
                alt.Tooltip("positive_share:Q", title="Share of positives", format=_NUMBER),
            ],
        )
    )


def score_histogram(rows: Rows, threshold: float | None) -> Chart:
    """Draw histograms of the scores of positives and negatives, with the chosen threshold.

    Args:
        rows: Rows of `score_histogram` for one detector and unit.
        threshold: The chosen threshold; None: there is none.
    """
    bars = (
        alt.Chart(inline(rows))
        .mark_rect(fillOpacity=0.35, strokeWidth=1.2)
        .encode(
            x=alt.X("score_from:Q", title="score", scale=_score_scale(rows)),
            x2="score_to:Q",
            y=alt.Y(
                "item_count:Q",
                title="number, log scale",
                scale=alt.Scale(type="log", domainMin=0.5, nice=False),
                axis=alt.Axis(values=[power for power in POWERS if power >= 1], format="~s"),
            ),
            y2=alt.datum(0.5),
            color=_kinds(alt.Color, alt.Legend(title=None, orient="top")),
            stroke=_kinds(alt.Stroke, None),
            tooltip=[
                alt.Tooltip("kind:N", title="Kind"),
                alt.Tooltip("score_from:Q", title="From", format=".3~f"),
                alt.Tooltip("score_to:Q", title="To", format=".3~f"),
                alt.Tooltip("item_count:Q", title="Number", format=","),
            ],
        )
    )
    if threshold is None:
        return bars
    rule = alt.Chart(inline([{"score_from": threshold}])).mark_rule(
        color=VERMILION, strokeWidth=2, strokeDash=[5, 3]
    )
    chosen = alt.Tooltip("score_from:Q", title="Chosen threshold", format=".4~g")
    return bars + rule.encode(x="score_from:Q", tooltip=[chosen])


def differences(rows: Rows) -> Chart:
    """Draw how much better one detector is than another, by each metric, with 95% intervals.

    Args:
        rows: Rows of `compared_metrics` for one pair.
    """
    base = alt.Chart(inline(rows)).encode(
        y=names_axis("title", "rank", grid=True),
        tooltip=[
            alt.Tooltip("title:N", title="Metric"),
            alt.Tooltip("detector:N", title="Detector"),
            alt.Tooltip("other_detector:N", title="Other detector"),
            alt.Tooltip("difference:Q", title="Difference", format="+.4f"),
            alt.Tooltip("low:Q", title="From", format="+.4f"),
            alt.Tooltip("high:Q", title="To", format="+.4f"),
            alt.Tooltip(
                "better_share:Q", title="Better in this share of replicates", format=_NUMBER
            ),
        ],
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
        + base.mark_rule(color=BLUE, strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q")
        + base.mark_point(fill=BLUE, stroke=BLUE, size=80, strokeWidth=2, opacity=1).encode(
            x=x, fillOpacity=alt.condition(is_clear, alt.value(1), alt.value(0))
        )
    ).add_params(LABEL_WIDTH)


def _distinct(rows: Rows, field: str) -> list[str]:
    """The values of a field, in the order of the rows."""
    return list(dict.fromkeys(row[field] for row in rows))


def _point_tooltip(kind: str, rate: str = "", title: str = "") -> list[alt.Tooltip]:
    """The tooltip of a point of a curve: which line it is on, and what its threshold gives."""
    rates = [alt.Tooltip(f"{rate}:Q", title=title, format=".3~f")] if rate else []
    return [
        alt.Tooltip("detector:N", title="Detector"),
        alt.Tooltip(f"{kind}:N", title=kind.capitalize()),
        alt.Tooltip("threshold:Q", title="Threshold", format=".4~g"),
        *rates,
        alt.Tooltip("recall:Q", title="Recall", format=_NUMBER),
        alt.Tooltip("precision:Q", title="Precision", format=_NUMBER),
    ]


def _share_axis(field: str, title: str = "") -> alt.Y:
    """A vertical axis from 0 to 1."""
    return alt.Y(f"{field}:Q", title=title or field, scale=alt.Scale(domain=[0, 1]))


def _color(field: str, names: list[str], legend: alt.Legend | None) -> alt.Color:
    colors = [_COLORS[place % len(_COLORS)] for place in range(len(names))]
    scale = alt.Scale(domain=names, range=colors)
    return alt.Color(f"{field}:N", scale=scale, legend=legend)


def _dash(field: str, names: list[str], legend: alt.Legend | None) -> alt.StrokeDash:
    dashes = [_DASHES[place % len(_DASHES)] for place in range(len(names))]
    scale = alt.Scale(domain=names, range=dashes)
    return alt.StrokeDash(f"{field}:N", scale=scale, legend=legend)


def _legend(names: list[str], columns: int) -> alt.Legend | None:
    """The legend of lines, if there are several."""
    if len(names) == 1:
        return None
    return alt.Legend(
        title=None,
        orient="top",
        columns=columns,
        labelLimit=240,
        symbolType="stroke",
        symbolOpacity=1,
        symbolStrokeWidth=2,
        symbolSize=300,
    )


def _score_scale(rows: Rows) -> alt.Scale:
    """A scale of scores: from 0 to 1 if they are within."""
    if all(row["score_from"] >= 0 and row["score_to"] <= 1 for row in rows):
        return alt.Scale(domain=[0, 1])
    return alt.Scale(zero=False, nice=False)


def _kinds(channel: Any, legend: alt.Legend | None) -> Any:
    """The colours of negatives and positives."""
    scale = alt.Scale(domain=["negative", "positive"], range=[BLUE, ORANGE])
    return channel("kind:N", scale=scale, legend=legend)
