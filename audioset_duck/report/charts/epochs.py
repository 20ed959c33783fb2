"""What an epoch draws, and in which batch."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREEN,
    GREY,
    IS_PICKED,
    LABEL_TOOLTIP,
    MATCHES,
    PICKED,
    SEARCH,
    VERMILION,
    Chart,
    Rows,
    inline,
)
from audioset_duck.report.charts.pools import (
    STEPS,
    TIER_LEGEND,
    tier_color,
    tier_shape,
)
from audioset_duck.report.charts.samples import (
    ROLES,
)

SKY, PURPLE, YELLOW = "#56B4E9", "#CC79A7", "#F0E442"
# The colour of each draw, in the order of the slots of a batch.
DRAWS = {
    "positive": VERMILION,
    "tier_a": GREEN,
    "completion": YELLOW,
    "hard": PURPLE,
    "tier_b": SKY,
    "weak": BLUE,
}


def labels_seen(rows: Rows) -> Chart:
    """Draw the share of the labels of each pool that an epoch has drawn, by batch.

    Args:
        rows: Rows of `epoch_labels`.
    """
    pools = ["strong_negative", "weak_negative"]
    words = [pool.replace("_", " ") for pool in pools]
    batches = max(row["batch_count"] for row in rows)
    color = alt.Color(
        "words:N",
        scale=alt.Scale(domain=words, range=[ROLES[pool] for pool in pools]),
        legend=alt.Legend(title=None, orient="top", symbolType="stroke"),
    )
    dash = alt.StrokeDash(
        "words:N",
        scale=alt.Scale(domain=words, range=[[1, 0], [6, 3]]),
        legend=alt.Legend(title=None, orient="top"),
    )
    y = alt.Y("seen_percentage:Q", title="% of the labels", scale=alt.Scale(domain=[0, 100]))
    x = alt.X(
        "first_batch:Q",
        title="batches, log scale",
        scale=alt.Scale(type="log", domain=[1, max(2, batches)], nice=False),
        axis=alt.Axis(values=STEPS, format="~s"),
    )
    base = (
        alt.Chart(inline(rows))
        .transform_filter("datum.first_batch !== null")
        .transform_calculate(words="replace(datum.pool, '_', ' ')")
    )
    rest = base.transform_aggregate(
        first_batch="max(first_batch)",
        batch_count="max(batch_count)",
        seen_percentage="max(seen_percentage)",
        groupby=["words"],
    )
    return (
        base.mark_line(interpolate="step-after", strokeWidth=2).encode(
            x=x, y=y, color=color, strokeDash=dash
        )
        # From the batch with the last new label to the end of the epoch.
        + rest.mark_rule(strokeWidth=2).encode(
            x=x, x2="batch_count:Q", y=y, color=color, strokeDash=dash
        )
        + base.mark_circle().encode(
            x=x,
            y=y,
            color=color,
            size=alt.condition(IS_PICKED, alt.value(160), alt.value(30)),
            opacity=alt.condition(
                f"{IS_PICKED} || search !== '' && ({MATCHES})", alt.value(1), alt.value(0.01)
            ),
            tooltip=_draw_tooltip(),
        )
    ).add_params(SEARCH, PICKED)


def draws(rows: Rows) -> Chart:
    """Draw how often an epoch draws each label, against the expected draws by weight alone.

    Args:
        rows: Rows of `epoch_labels` for one pool.
    """
    most = max(max(row["draw_count"], row["expected_draw_count"]) for row in rows)
    # A log scale with a 0.
    scale = alt.Scale(type="symlog", domain=[0, 1.15 * most], nice=False)
    axis = alt.Axis(values=[0, *STEPS], format="~s")
    line = alt.Chart(inline([{"draw_count": 0}, {"draw_count": 1.15 * most}]))
    return (
        line.mark_line(color=GREY, strokeDash=[4, 3]).encode(
            x=alt.X(
                "draw_count:Q", title="draws by weight alone, log scale", scale=scale, axis=axis
            ),
            y=alt.Y("draw_count:Q", title="draws, log scale", scale=scale, axis=axis),
        )
        + alt.Chart(inline(rows))
        .mark_point(filled=True)
        .encode(
            x=alt.X("expected_draw_count:Q", scale=scale, axis=axis),
            y=alt.Y("draw_count:Q", scale=scale, axis=axis),
            shape=tier_shape(),
            color=tier_color(TIER_LEGEND),
            size=alt.condition(IS_PICKED, alt.value(220), alt.value(45)),
            opacity=alt.condition(MATCHES, alt.value(0.8), alt.value(0.1)),
            tooltip=_draw_tooltip(),
        )
    ).add_params(SEARCH, PICKED)


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
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=[
                alt.Tooltip("draw:N", title="Drawn as"),
                *LABEL_TOOLTIP,
                alt.Tooltip("sample_key:N", title="Sample"),
                alt.Tooltip("crop_start_seconds:Q", title="Crop start, s", format=".3f"),
            ],
        )
    )


def _draw_tooltip() -> list[alt.Tooltip]:
    return [
        *LABEL_TOOLTIP,
        alt.Tooltip("tier:N", title="Tier"),
        alt.Tooltip("first_batch:Q", title="First batch", format=","),
        alt.Tooltip("draw_count:Q", title="Draws", format=","),
        alt.Tooltip("expected_draw_count:Q", title="By weight alone", format=",.1f"),
    ]
