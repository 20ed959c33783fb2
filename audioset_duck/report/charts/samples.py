"""What a target is trained on: samples, weights, and what an epoch draws."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREEN,
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
    highlighted,
    inline,
    largest,
    names_axis,
    value_bars,
)

SKY, PURPLE, YELLOW = "#56B4E9", "#CC79A7", "#F0E442"
ROLES = {"positive": VERMILION, "strong_negative": GREEN, "weak_negative": BLUE}
# Of what a slot of a batch is kept for, in the order of the slots.
DRAWS = {
    "positive": VERMILION,
    "tier_a": GREEN,
    "completion": YELLOW,
    "hard": PURPLE,
    "tier_b": SKY,
    "weak": BLUE,
}
_STEPS = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]


def sample_bars(rows: Rows) -> Chart:
    """The samples of each role in each data set, on a log scale.

    Args:
        rows: Of `sample_counts`, those that are kept.
    """
    chart = alt.Chart(inline(rows)).transform_calculate(
        words="replace(datum.role, '_', ' ')",
        name="replace(datum.words, ' negative', '') + ', ' + datum.subset",
        # Roles stand together; in each, the largest first.
        place=f"indexof({list(ROLES)}, datum.role) - datum.sample_count / 1e12",
    )
    return value_bars(
        chart,
        "sample_count",
        "samples, log scale",
        axis=alt.Axis(format="~s", values=POWERS),
        y=names_axis("name", "place"),
        text="format(datum.sample_count, ',')",
        color=alt.Color(
            "words:N",
            scale=alt.Scale(
                domain=[role.replace("_", " ") for role in ROLES], range=list(ROLES.values())
            ),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("words:N", title="Role"),
            alt.Tooltip("split:N", title="Split"),
            alt.Tooltip("subset:N", title="Subset"),
            alt.Tooltip("sample_count:Q", title="Samples", format=","),
            alt.Tooltip("clip_count:Q", title="Clips", format=","),
        ],
        room=70,
        is_log=True,
    )


def sample_outcomes(rows: Rows) -> Chart:
    """How many samples of each role are kept, and how many each filter removed.

    Args:
        rows: Of `sample_outcomes`, for one split.
    """
    base = (
        alt.Chart(inline(rows))
        .transform_calculate(outcome="replace(datum.outcome, '_', ' ')")
        .encode(
            x=alt.X(
                "role:N",
                title=None,
                scale=alt.Scale(domain=list(ROLES)),
                # In two lines.
                axis=alt.Axis(
                    labelAngle=0, labelExpr="split(datum.label, '_')", grid=False, ticks=False
                ),
            ),
            y=names_axis("outcome", "rank"),
            tooltip=[
                alt.Tooltip("role:N", title="Role"),
                alt.Tooltip("outcome:N", title="What became of them"),
                alt.Tooltip("sample_count:Q", title="Samples", format=","),
                alt.Tooltip("percentage:Q", title="% of the role", format=".2f"),
            ],
        )
    )
    return (
        base.mark_rect().encode(
            color=alt.Color(
                "percentage:Q",
                scale=alt.Scale(scheme="viridis", type="sqrt", domain=[0, 100]),
                legend=None,
            )
        )
        + base.mark_text().encode(
            text=alt.Text("sample_count:Q", format=","),
            color=alt.condition("datum.percentage > 40", alt.value("black"), alt.value("white")),
        )
    ).add_params(LABEL_WIDTH)


def sample_labels(rows: Rows, top: int) -> Chart:
    """The labels that are heard in most samples of a role.

    Args:
        rows: Of `sample_label_shares`, for one split and role.
        top: How many labels at most.
    """
    return value_bars(
        largest(rows),
        "sample_count",
        "samples",
        axis=alt.Axis(
            tickCount=4,
            tickMinStep=1,
            labelExpr="format(datum.value, datum.value >= 10000 ? '~s' : ',')",
        ),
        y=names_axis("title", "position"),
        text="format(datum.sample_count, ',')",
        more="' (' + format(datum.percentage, '.1f') + '%)'",
        color=highlighted(),
        tooltip=[
            *LABEL_TOOLTIP,
            alt.Tooltip("rank:Q", title="Rank"),
            alt.Tooltip("sample_count:Q", title="Samples", format=","),
            alt.Tooltip("percentage:Q", title="% of the samples", format=".2f"),
        ],
        room=55,
    ).add_params(SEARCH, PICKED, alt.param("shown", value=top))


def tier_shares(rows: Rows) -> Chart:
    """What share of a pool's labels, samples and draws each tier has.

    Args:
        rows: Of `tier_shares`, for one pool.
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
                alt.Tooltip("measure:N", title="Of the pool's"),
                alt.Tooltip("percentage:Q", title="%", format=".2f"),
            ],
        )
    )
    return (
        base.mark_bar().encode(color=_by_tier(None))
        + base.transform_calculate(text="datum.percentage > 15 ? datum.text : ''")
        .mark_text(fontWeight="bold")
        .encode(
            x=alt.X("percentage:Q", stack="zero", bandPosition=0.5),
            text="text:N",
            color=alt.condition("datum.tier === 'A'", alt.value("white"), alt.value("black")),
        )
    ).add_params(LABEL_WIDTH)


def label_weights(rows: Rows) -> Chart:
    """The weight of each label of a pool by its rank, on log scales, by its tier.

    Args:
        rows: Of `label_weights`, for one pool.
    """
    base = alt.Chart(inline(rows)).encode(
        x=alt.X(
            "rank:Q",
            title="label, most samples first, log scale",
            scale=alt.Scale(type="log", nice=False),
            axis=alt.Axis(values=_STEPS, format="~s"),
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
            shape=_shape_of_tier(),
            color=_by_tier(_TIER_LEGEND),
            size=alt.condition(IS_PICKED, alt.value(220), alt.value(45)),
            opacity=alt.condition(MATCHES, alt.value(0.9), alt.value(0.1)),
            tooltip=_weight_tooltip(),
        )
    ).add_params(SEARCH, PICKED)


def weight_bars(rows: Rows, top: int) -> Chart:
    """How often the labels of most samples are drawn: filled bars are tier A, hollow ones tier B.

    Args:
        rows: Of `label_weights`, for one pool.
        top: How many labels at most.
    """
    chart = value_bars(
        largest(rows),
        "draw_percentage",
        "% of the draws by weight",
        y=names_axis("title", "position"),
        text="format(datum.draw_percentage, '.2f') + '%'",
        more="' · tier ' + datum.tier",
        color=alt.condition(IS_PICKED, alt.value(VERMILION), _by_tier(None)),
        tooltip=_weight_tooltip(),
        room=50,
    )
    chart.layer[0] = chart.layer[0].encode(
        fillOpacity=alt.condition("datum.tier === 'A'", alt.value(1), alt.value(0.15)),
        stroke=alt.condition(IS_PICKED, alt.value(VERMILION), _stroke_of_tier()),
    )
    return chart.add_params(SEARCH, PICKED, alt.param("shown", value=top))


def labels_seen(rows: Rows) -> Chart:
    """What share of the labels of each pool an epoch has drawn, batch by batch.

    Args:
        rows: Of `labels_seen`.
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
        axis=alt.Axis(values=_STEPS, format="~s"),
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
        # From the batch that saw the last label to the end.
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
    """How often an epoch draws each label of a pool, against how often its weight alone would.

    Args:
        rows: Of `labels_seen`, for one pool.
    """
    most = max(max(row["draw_count"], row["expected_draw_count"]) for row in rows)
    # A log scale that has a 0.
    scale = alt.Scale(type="symlog", domain=[0, 1.15 * most], nice=False)
    axis = alt.Axis(values=[0, *_STEPS], format="~s")
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
            shape=_shape_of_tier(),
            color=_by_tier(_TIER_LEGEND),
            size=alt.condition(IS_PICKED, alt.value(220), alt.value(45)),
            opacity=alt.condition(MATCHES, alt.value(0.8), alt.value(0.1)),
            tooltip=_draw_tooltip(),
        )
    ).add_params(SEARCH, PICKED)


def epoch_grid(rows: Rows, batch_size: int) -> Chart:
    """What each slot of each batch is kept for.

    Args:
        rows: Slots of `epoch_plan`, with `sample_key` and `title`: the name of the label.
        batch_size: How many slots a batch has.
    """
    draws = {row["draw"] for row in rows}
    present = {draw: color for draw, color in DRAWS.items() if draw in draws}
    return (
        # Whole pixels, so that no hairs show between the cells.
        alt.Chart(inline(rows), width=alt.Step(max(2, 560 // batch_size)))
        # Between narrow cells there is no room for lines.
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
                alt.Tooltip("crop_start_seconds:Q", title="Crop from, s", format=".3f"),
            ],
        )
    )


_TIERS = ["A", "B"]
_TIER_LEGEND = alt.Legend(title=None, orient="top", labelExpr="'tier ' + datum.label")


def _by_tier(legend: alt.Legend | None) -> alt.Color:
    scale = alt.Scale(domain=_TIERS, range=[BLUE, ORANGE])
    return alt.Color("tier:N", scale=scale, legend=legend)


def _stroke_of_tier() -> alt.Stroke:
    return alt.Stroke("tier:N", scale=alt.Scale(domain=_TIERS, range=[BLUE, ORANGE]), legend=None)


def _shape_of_tier() -> alt.Shape:
    scale = alt.Scale(domain=_TIERS, range=["circle", "triangle-up"])
    return alt.Shape("tier:N", scale=scale, legend=_TIER_LEGEND)


def _weight_tooltip() -> list[alt.Tooltip]:
    return [
        *LABEL_TOOLTIP,
        alt.Tooltip("tier:N", title="Tier"),
        alt.Tooltip("sample_count:Q", title="Samples", format=","),
        alt.Tooltip("sample_percentage:Q", title="% of the samples", format=".3f"),
        alt.Tooltip("draw_percentage:Q", title="% of the draws by weight", format=".3f"),
    ]


def _draw_tooltip() -> list[alt.Tooltip]:
    return [
        *LABEL_TOOLTIP,
        alt.Tooltip("tier:N", title="Tier"),
        alt.Tooltip("first_batch:Q", title="First in batch", format=","),
        alt.Tooltip("draw_count:Q", title="Draws", format=","),
        alt.Tooltip("expected_draw_count:Q", title="By weight alone", format=",.1f"),
    ]
