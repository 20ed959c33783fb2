"""The pools that a target's negatives are drawn from: tiers and weights."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREY,
    IS_PICKED,
    LABEL_TOOLTIP,
    LABEL_WIDTH,
    MATCHES,
    ORANGE,
    PICKED,
    POWERS,
    SEARCH,
    VERMILION,
    Chart,
    Rows,
    inline,
    largest,
    names_axis,
    value_bars,
)

STEPS = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]
TIERS = ["A", "B"]
TIER_LEGEND = alt.Legend(title=None, orient="top", labelExpr="'tier ' + datum.label")


def tier_shares(rows: Rows) -> Chart:
    """Draw the share of each tier in the labels, samples and draws of a pool.

    Args:
        rows: Rows of `tier_shares` for one pool.
    """
    base = (
        alt.Chart(inline(rows))
        .transform_calculate(text="datum.tier + ': ' + format(datum.percentage, '.0f') + '%'")
        .encode(
            x=alt.X(
                "percentage:Q",
                title="% of the pool",
                scale=alt.Scale(domain=[0, 100]),
                axis=alt.Axis(tickCount=5),
            ),
            y=names_axis("measure", "place"),
            order=alt.Order("tier:N"),
            tooltip=[
                alt.Tooltip("tier:N", title="Tier"),
                alt.Tooltip("measure:N", title="Measure"),
                alt.Tooltip("percentage:Q", title="%", format=".2f"),
            ],
        )
    )
    return (
        base.mark_bar().encode(color=tier_color(None))
        + base.transform_calculate(text="datum.percentage > 15 ? datum.text : ''")
        .mark_text(fontWeight="bold")
        .encode(
            x=alt.X("percentage:Q", stack="zero", bandPosition=0.5),
            text="text:N",
            color=alt.condition("datum.tier === 'A'", alt.value("white"), alt.value("black")),
        )
    ).add_params(LABEL_WIDTH)


def label_weights(rows: Rows) -> Chart:
    """Draw the weight of each label of a pool by its rank, on log scales.

    Args:
        rows: Rows of `label_weights` for one pool.
    """
    base = alt.Chart(inline(rows)).encode(
        x=alt.X(
            "rank:Q",
            title="label, most samples first, log scale",
            scale=alt.Scale(type="log", nice=False),
            axis=alt.Axis(values=STEPS, format="~s"),
        ),
    )
    axis = alt.Axis(values=POWERS, format="~r")
    percentages = [row[name] for row in rows for name in ("sample_percentage", "draw_percentage")]
    scale = alt.Scale(type="log", domain=[min(percentages) * 0.8, max(percentages) * 1.25])
    return (
        base.mark_line(color=GREY, strokeWidth=2, strokeDash=[4, 3]).encode(
            y=alt.Y("sample_percentage:Q", title="% of the pool, log scale", scale=scale, axis=axis)
        )
        + base.mark_point(filled=True).encode(
            y=alt.Y("draw_percentage:Q", scale=scale, axis=axis),
            shape=tier_shape(),
            color=tier_color(TIER_LEGEND),
            size=alt.condition(IS_PICKED, alt.value(220), alt.value(45)),
            opacity=alt.condition(MATCHES, alt.value(0.9), alt.value(0.1)),
            tooltip=_weight_tooltip(),
        )
    ).add_params(SEARCH, PICKED)


def weight_bars(rows: Rows, top: int) -> Chart:
    """Draw the weights of the most frequent labels: filled bars are tier A, hollow ones tier B.

    Args:
        rows: Rows of `label_weights` for one pool.
        top: The largest number of labels to show.
    """
    chart = value_bars(
        largest(rows),
        "draw_percentage",
        "% of the draws by weight",
        y=names_axis("title", "position"),
        text="format(datum.draw_percentage, '.2f') + '%'",
        more="' · tier ' + datum.tier",
        color=alt.condition(IS_PICKED, alt.value(VERMILION), tier_color(None)),
        tooltip=_weight_tooltip(),
        room=50,
    )
    chart.layer[0] = chart.layer[0].encode(
        fillOpacity=alt.condition("datum.tier === 'A'", alt.value(1), alt.value(0.15)),
        stroke=alt.condition(IS_PICKED, alt.value(VERMILION), _tier_stroke()),
    )
    return chart.add_params(SEARCH, PICKED, alt.param("shown", value=top))


def tier_color(legend: alt.Legend | None) -> alt.Color:
    """The colours of the tiers."""
    scale = alt.Scale(domain=TIERS, range=[BLUE, ORANGE])
    return alt.Color("tier:N", scale=scale, legend=legend)


def tier_shape() -> alt.Shape:
    """The shapes of the points of the tiers."""
    scale = alt.Scale(domain=TIERS, range=["circle", "triangle-up"])
    return alt.Shape("tier:N", scale=scale, legend=TIER_LEGEND)


def _tier_stroke() -> alt.Stroke:
    return alt.Stroke("tier:N", scale=alt.Scale(domain=TIERS, range=[BLUE, ORANGE]), legend=None)


def _weight_tooltip() -> list[alt.Tooltip]:
    return [
        *LABEL_TOOLTIP,
        alt.Tooltip("tier:N", title="Tier"),
        alt.Tooltip("sample_count:Q", title="Samples", format=","),
        alt.Tooltip("sample_percentage:Q", title="% of the samples", format=".3f"),
        alt.Tooltip("draw_percentage:Q", title="% of the draws by weight", format=".3f"),
    ]
