"""A target: its samples, the weights of its negatives, an epoch, and its events."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREEN,
    LABEL_WIDTH,
    ORANGE,
    PICKED,
    PLOT_WIDTH,
    PURPLE,
    SEARCH,
    SKY,
    VERMILION,
    WIDE,
    YELLOW,
    Chart,
    Rows,
    cells,
    counts_axis,
    inline,
    largest,
    lines_of_labels,
    names_axis,
    tooltip,
    top_legend,
    value_bars,
)

_ROLES = ["positive", "weak_positive", "strong_negative", "weak_negative"]
# The colour of each draw, in the order of the slots of a batch.
DRAWS = {
    "positive": VERMILION,
    "weak_positive": ORANGE,
    "tier_a": GREEN,
    "completion": YELLOW,
    "hard": PURPLE,
    "tier_b": SKY,
    "weak": BLUE,
}


def sample_outcomes(rows: Rows) -> Chart:
    """Draw how many samples of each role are kept, and how many are excluded for each reason.

    The rows are those of `sample_outcomes` for one split.
    """
    base = (
        alt.Chart(inline(rows))
        .transform_calculate(outcome="replace(datum.outcome, /_/g, ' ')")
        .encode(
            x=alt.X(
                "role:N",
                title=None,
                scale=alt.Scale(domain=_ROLES),
                # In two lines.
                axis=alt.Axis(
                    labelAngle=0, labelExpr="split(datum.label, '_')", grid=False, ticks=False
                ),
            ),
            y=names_axis("outcome", "rank"),
            tooltip=tooltip("role", "outcome", "sample_count", percentage="% of the role"),
        )
    )
    return cells(base, "sample_count", "percentage", 100)


def label_weights(rows: Rows, top: int) -> Chart:
    """Draw the weights of the most frequent labels, from `label_weights` of one pool."""
    tier = alt.Color(
        "tier:N",
        scale=alt.Scale(domain=["A", "B"], range=[BLUE, SKY]),
        legend=top_legend(labelExpr="'tier ' + datum.label"),
    )
    fields = ("title", "label_id", "tier", "sample_count", "sample_percentage", "draw_percentage")
    return value_bars(
        largest(rows, top).encode(tooltip=tooltip(*fields)),
        "draw_percentage",
        "% of the draws by weight",
        text="format(datum.draw_percentage, '.2f') + '%'",
        more="' · ' + format(datum.sample_percentage, '.1f') + '%'",
        axis=alt.Axis(tickCount=5),
        color=tier,
    )


def labels_seen(rows: Rows) -> Chart:
    """Draw the share of the labels of each pool that an epoch has drawn, by batch.

    The rows are those of `epoch_labels`.
    """
    batches = max(2, *(row["batch_count"] for row in rows))
    ticks = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]
    fields = ("title", "label_id", "tier", "first_batch", "draw_count", "expected_draw_count")
    chart = (
        alt.Chart(inline(rows))
        .transform_filter("datum.first_batch !== null")
        .encode(
            x=alt.X(
                "first_batch:Q",
                title="batches, log scale",
                scale=alt.Scale(type="log", domain=[1, batches], nice=False),
                axis=alt.Axis(values=ticks, format="~s"),
            ),
            y=alt.Y("seen_percentage:Q", title="% of the labels", scale=alt.Scale(domain=[0, 100])),
            tooltip=tooltip(*fields),
        )
        .add_params(SEARCH, PICKED)
    )
    return lines_of_labels(chart, rows, "pool", 2, interpolate="step-after")


def epoch_grid(rows: Rows, batch_size: int) -> Chart:
    """Draw a grid of batches and slots, coloured by what each slot is drawn as.

    Args:
        rows: Rows of `epoch_preview`.
        batch_size: The number of slots of a batch.
    """
    draws = {row["draw"] for row in rows}
    present = {draw: color for draw, color in DRAWS.items() if draw in draws}
    return (
        # Whole pixels, so that no thin lines of the background show between the cells.
        alt.Chart(inline(rows), width=alt.Step(max(2, 560 // batch_size)))
        # Narrow cells have no room for lines between them.
        .mark_rect(stroke="white", strokeWidth=1 if batch_size <= 64 else 0)
        .encode(
            x=alt.X(
                "slot:O",
                title="slot",
                axis=alt.Axis(labelAngle=0, labelOverlap=True, labelSeparation=4, ticks=False),
            ),
            y=alt.Y("step:O", title="step", axis=alt.Axis(labelOverlap=True, ticks=False)),
            color=alt.Color(
                "draw:N",
                scale=alt.Scale(domain=list(present), range=list(present.values())),
                legend=top_legend(),
            ),
            tooltip=tooltip("draw", "title", "label_id", "sample_key", "crop_start_seconds"),
        )
    )


def overlap(rows: Rows) -> Chart:
    """Draw the share of events that are alone, and of those that another label overlaps.

    The rows are those of `positive_overlaps` for one subset.
    """
    x = alt.X(
        "percentage_from:Q",
        title="% of the events",
        scale=alt.Scale(domain=[0, 100]),
        axis=alt.Axis(tickCount=5),
    )
    base = (
        alt.Chart(inline(rows))
        .transform_calculate(
            label="datum.label_id === null ? 0 : 1",
            # Not a stack: Vega fails to stack what is called `constructor`.
            percentage_from="datum.overlap === 'alone' ? 0 : 100 - datum.percentage",
            percentage_to="datum.percentage_from + datum.percentage",
            middle="datum.percentage_from + datum.percentage / 2",
            # Where it fits.
            text=f"datum.percentage <= (plot_width < {WIDE} ? 32 : 18) ? ''"
            " : format(datum.event_count, ',') + ' (' + format(datum.percentage, '.0f') + '%)'",
        )
        .encode(
            y=names_axis("title", "label"),
            tooltip=tooltip(
                *("title", "label_id", "overlap", "event_count"), percentage="% of the events"
            ),
        )
        .add_params(LABEL_WIDTH, PLOT_WIDTH)
    )
    color = alt.Color(
        "overlap:N",
        scale=alt.Scale(domain=["alone", "overlapped"], range=[BLUE, ORANGE]),
        legend=top_legend(),
    )
    text_color = alt.condition("datum.overlap === 'alone'", alt.value("white"), alt.value("black"))
    return base.mark_bar().encode(x=x, x2="percentage_to:Q", color=color) + base.mark_text(
        fontWeight="bold"
    ).encode(x="middle:Q", text="text:N", color=text_color)


def overlap_matrix(rows: Rows, top: int) -> Chart:
    """Draw how many events of each label of a target each other label overlaps.

    Args:
        rows: Rows of `label_overlaps` for one subset.
        top: The largest number of other labels.
    """
    shown = [row for row in rows if row["other_rank"] <= top]
    base = alt.Chart(inline(shown)).encode(
        x=alt.X("title:N", title=None, axis=alt.Axis(labelAngle=-30, labelLimit=160, grid=False)),
        y=names_axis("other_title", "other_rank"),
        tooltip=tooltip(
            *("title", "label_id", "other_title", "other_label_id"),
            *("event_count", "overlap_seconds"),
        ),
    )
    most = max(row["event_count"] for row in shown)
    return cells(base, "event_count", "event_count", most)


def durations(rows: Rows, stats: Rows) -> Chart:
    """Draw a histogram of the durations of events, with the median.

    Args:
        rows: Rows of `duration_histogram` for one subset.
        stats: The row of `duration_stats` for its events.
    """
    percentiles = ("percentile_5_seconds", "percentile_95_seconds")
    return alt.Chart(inline(rows)).mark_rect(color=BLUE).encode(
        x=alt.X("seconds_from:Q", title="seconds", scale=alt.Scale(zero=True, nice=False)),
        x2="seconds_to:Q",
        y=counts_axis("event_count", "events"),
        y2=alt.datum(0),
        tooltip=tooltip("seconds_from", "seconds_to", "event_count"),
    ) + alt.Chart(inline(stats)).mark_rule(
        color=VERMILION, strokeWidth=2, strokeDash=[5, 3]
    ).encode(x="median_seconds:Q", tooltip=tooltip("median_seconds", *percentiles))
