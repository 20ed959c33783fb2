"""The events of a target: their durations, and the labels that overlap them."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    LABEL_TOOLTIP,
    LABEL_WIDTH,
    ORANGE,
    PICKED,
    PLOT_WIDTH,
    SEARCH,
    VERMILION,
    WIDE,
    Chart,
    Rows,
    counts_axis,
    highlighted,
    inline,
    largest,
    names_axis,
    value_bars,
)


def overlap(rows: Rows) -> Chart:
    """Draw the share of events that are alone, and of those that another label overlaps.

    Args:
        rows: Rows of `positive_overlaps` for one subset.
    """
    base = (
        alt.Chart(inline(rows))
        .transform_calculate(
            place="datum.overlap === 'alone' ? 0 : 1",
            label="datum.label_id === null ? 0 : 1",
            text="format(datum.event_count, ',') + ' (' + format(datum.percentage, '.0f') + '%)'",
        )
        # By MID: Vega fails to stack what is called `constructor`.
        .transform_stack(
            stack="percentage",
            as_=["percentage_from", "percentage_to"],
            groupby=["label_id"],
            sort=[alt.SortField("place")],
        )
        .encode(
            x=alt.X(
                "percentage_from:Q",
                title="% of the events",
                scale=alt.Scale(domain=[0, 100]),
                axis=alt.Axis(tickCount=5),
            ),
            y=names_axis("title", "label"),
            tooltip=[
                *LABEL_TOOLTIP,
                alt.Tooltip("overlap:N", title="Overlap"),
                alt.Tooltip("event_count:Q", title="Events", format=","),
                alt.Tooltip("percentage:Q", title="% of the events", format=".1f"),
            ],
        )
    )
    return (
        base.mark_bar().encode(
            x2="percentage_to:Q",
            color=alt.Color(
                "overlap:N",
                scale=alt.Scale(domain=["alone", "overlapped"], range=[BLUE, ORANGE]),
                legend=alt.Legend(title=None, orient="top"),
            ),
        )
        # Where it fits.
        + base.transform_calculate(
            text=f"datum.percentage > (plot_width < {WIDE} ? 32 : 18) ? datum.text : ''",
            middle="(datum.percentage_from + datum.percentage_to) / 2",
        )
        .mark_text(fontWeight="bold")
        .encode(
            x=alt.X("middle:Q", title="% of the events"),
            text="text:N",
            color=alt.condition(
                "datum.overlap === 'alone'", alt.value("white"), alt.value("black")
            ),
        )
    ).add_params(LABEL_WIDTH, PLOT_WIDTH)


def overlapping_labels(rows: Rows, top: int) -> Chart:
    """Draw the labels that overlap events of a target, by the number of these events.

    Args:
        rows: Rows of `overlapping_labels` for one subset.
        top: The largest number of labels to show.
    """
    return value_bars(
        largest(rows),
        "event_count",
        "events overlapped",
        y=names_axis("title", "position"),
        text="format(datum.event_count, ',')",
        more="' (' + format(datum.percentage, '.1f') + '%)'",
        color=highlighted(),
        tooltip=[
            *LABEL_TOOLTIP,
            alt.Tooltip("event_count:Q", title="Events overlapped", format=","),
            alt.Tooltip("percentage:Q", title="% of the target's events", format=".2f"),
            alt.Tooltip("overlap_seconds:Q", title="Overlap, s", format=",.3f"),
        ],
        room=40,
    ).add_params(SEARCH, PICKED, alt.param("shown", value=top))


def overlap_matrix(rows: Rows, top: int) -> Chart:
    """Draw how many events of each label of a target each other label overlaps.

    Args:
        rows: Rows of `label_overlaps` for one subset.
        top: The largest number of other labels.
    """
    shown = [row for row in rows if row["other_rank"] <= top]
    most = max(row["event_count"] for row in shown)
    base = alt.Chart(inline(shown)).encode(
        x=alt.X("title:N", title=None, axis=alt.Axis(labelAngle=-30, labelLimit=160, grid=False)),
        y=names_axis("other_title", "other_rank"),
        tooltip=[
            *LABEL_TOOLTIP,
            alt.Tooltip("other_title:N", title="Overlapped by"),
            alt.Tooltip("other_label_id:N", title="Its MID"),
            alt.Tooltip("event_count:Q", title="Events", format=","),
            alt.Tooltip("overlap_seconds:Q", title="Overlap, s", format=",.3f"),
        ],
    )
    return (
        base.mark_rect().encode(
            color=alt.Color(
                "event_count:Q",
                scale=alt.Scale(scheme="viridis", type="sqrt", domain=[0, most]),
                legend=None,
            )
        )
        + base.mark_text().encode(
            text=alt.Text("event_count:Q", format=","),
            color=alt.condition(
                f"datum.event_count > {0.4 * most}", alt.value("black"), alt.value("white")
            ),
        )
    ).add_params(LABEL_WIDTH)


def durations(rows: Rows, stats: Rows) -> Chart:
    """Draw a histogram of the durations of events or windows, with the median.

    Args:
        rows: Rows of `duration_histogram` for one subset and unit.
        stats: Rows of `duration_stats` for the same.
    """
    (stat,) = stats
    units = f"{stat['unit']}s"
    return alt.Chart(inline(rows)).mark_rect(color=BLUE).encode(
        x=alt.X("seconds_from:Q", title="seconds", scale=alt.Scale(zero=True, nice=False)),
        x2="seconds_to:Q",
        y=counts_axis("unit_count", units),
        y2=alt.datum(0),
        tooltip=[
            alt.Tooltip("seconds_from:Q", title="Longer than, s", format=".3~f"),
            alt.Tooltip("seconds_to:Q", title="Up to, s", format=".3~f"),
            alt.Tooltip("unit_count:Q", title=units.capitalize(), format=","),
        ],
    ) + alt.Chart(inline(stats)).mark_rule(
        color=VERMILION, strokeWidth=2, strokeDash=[5, 3]
    ).encode(
        x="median_seconds:Q",
        tooltip=[
            alt.Tooltip("median_seconds:Q", title="Median, s", format=".3f"),
            alt.Tooltip("percentile_5_seconds:Q", title="5th percentile, s", format=".3f"),
            alt.Tooltip("percentile_95_seconds:Q", title="95th percentile, s", format=".3f"),
        ],
    )
