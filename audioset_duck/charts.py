"""Rows of the catalog as charts: each function draws what a SELECT gave, and works nothing out.

Colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people who do not see
all colours can tell apart, and viridis. The charts have parameters that a page may set:
`search` (a text), `picked` (the MID of a label), `order` and `shown` (which labels bars are
drawn for), `label_width` and `plot_width` (pixels for the names of labels, and for what is
right of them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import altair as alt
import duckdb

from audioset_duck.catalog import query_table

Rows: TypeAlias = list[dict[str, Any]]
Chart: TypeAlias = alt.Chart | alt.LayerChart

BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8C8C8C"
# Pixels from which on a plot has room for more than one number at a bar.
WIDE = 300
DATASETS = ["unbalanced_train", "balanced_train", "eval"]
SKY, PURPLE, YELLOW = "#56B4E9", "#CC79A7", "#F0E442"
ROLES = {"positive": VERMILION, "strong_negative": GREEN, "weak_negative": BLUE}
# Of what a slot of a batch is kept for, in the order of the slots.
SLOT_ROLES = {
    "positive": VERMILION,
    "tier_a": GREEN,
    "completion": YELLOW,
    "hard": PURPLE,
    "tier_b": SKY,
    "weak": BLUE,
}

# How a picture looks; the page has its own colours, which follow the reader's.
CONFIG = {
    "background": "white",
    "padding": 16,
    "view": {"stroke": None},
    "axis": {"labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal"},
    "axisQuantitative": {"labelOverlap": "greedy", "labelSeparation": 5},
    "axisX": {"grid": True, "gridColor": "#e4e4e4", "domainColor": "#888"},
    "axisY": {"gridColor": "#e4e4e4", "domainColor": "#888"},
    "title": {"fontSize": 15, "subtitleFontSize": 12, "subtitleColor": "#444", "anchor": "start"},
    "text": {"fontSize": 11},
}

SEARCH = alt.param("search", value="")
PICKED = alt.param("picked", value=None)
ORDER = alt.param("order", value="amount")
LABEL_WIDTH = alt.param("label_width", value=260)
PLOT_WIDTH = alt.param("plot_width", value=360)
MATCHES = "search === '' || indexof(lower(datum.title + ' ' + datum.label_id), lower(search)) >= 0"
_IS_PICKED = "picked !== null && datum.label_id === picked"
_SORT_KEY = (
    "order === 'name' ? lower(datum.title) : order === 'events' ? -datum.event_count"
    " : order === 'least' ? -datum.rank : datum.rank"
)
_DURATION = (
    "({0} >= 3600 ? format({0} / 3600, ',.1f') + ' h' : {0} >= 60 ? format({0} / 60, '.1f')"
    " + ' min' : format({0}, '.1~f') + ' s')"
)
# Of what is counted: no label at a half.
_WHOLE = "datum.value % 1 ? '' : format(datum.value, ',')"
_STEPS = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]
_POWERS = [10.0**power for power in range(-8, 9)]
_TICKS = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 360_000, 3_600_000]
_TICK_LABELS = (
    "datum.value >= 3600 ? format(datum.value / 3600, ',') + ' h' : datum.value >= 60"
    " ? datum.value / 60 + ' min' : datum.value + ' s'"
)
# What every tooltip of a label begins with.
_LABEL = (alt.Tooltip("title:N", title="Label"), alt.Tooltip("label_id:N", title="MID"))


@dataclass(frozen=True)
class Amount:
    """How the amount of a label is told: seconds of a strong set, clips of a weak one.

    Attributes:
        title: What an axis of it is called.
        size: Expression of what a bar is long by.
        text: Expression of the amount in words.
        events: What `event_count` counts.
        log_axis: An axis of it on a log scale.
        log_title: What that axis is called.
    """

    title: str
    size: str
    text: str
    events: str
    log_axis: dict[str, Any]
    log_title: str


AMOUNTS = {
    "strong": Amount(
        "hours heard",
        "datum.amount / 3600",
        _DURATION.format("datum.amount"),
        "Events",
        {"values": _TICKS, "labelExpr": _TICK_LABELS},
        "duration of a label",
    ),
    "weak": Amount(
        "clips",
        "datum.amount",
        "format(datum.amount, ',.0f')",
        "Clips",
        {"format": "~s", "values": _POWERS},
        "clips of a label",
    ),
}


@dataclass(frozen=True)
class Panel:
    """One chart of a picture, and of the page.

    Attributes:
        title: What it shows, in a line.
        chart: The chart, without a size.
        note: What must be known to read it.
        height: Pixels; None if its rows decide.
        is_on_page: The page has it too.
        page_title: What the page says instead, where the reader chooses what is shown.
    """

    title: str
    chart: Chart
    note: str = ""
    height: int | None = 260
    is_on_page: bool = True
    page_title: str = ""


def ask(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None = None
) -> Rows:
    """Run a query; its rows are what charts are drawn from, with decimals as numbers of JSON."""
    table = query_table(connection, query, parameters)
    return [
        {
            column: float(value) if isinstance(value, Decimal) else value
            for column, value in zip(table.columns, row, strict=True)
        }
        for row in table.rows
    ]


def label_bars(rows: Rows, kind: str, top: int, *, with_percentage: bool = True) -> Chart:
    """Bars of the labels that match the search, as many as `top`, by their amount.

    Args:
        rows: Of `label_amounts`, for one data set.
        kind: `strong` or `weak`.
        top: How many at most.
        with_percentage: Write the share beside the amount.
    """
    amount = AMOUNTS[kind]
    rows_shown = (
        alt.Chart(_data(rows))
        .transform_filter(MATCHES)
        .transform_calculate(size=amount.size, value=amount.text, key=_SORT_KEY)
        .transform_window(position="row_number()", sort=[alt.SortField("key")])
        .transform_filter("datum.position <= shown")
    )
    return _bars(
        rows_shown,
        "size",
        amount.title,
        axis=alt.Axis(
            tickCount=4,
            labelExpr="format(datum.value, datum.value >= 10000 ? '~s' : ',~f')",
        ),
        y=_names("title", "position"),
        text="datum.value",
        more="' · ' + format(datum.percentage, '.2f') + '%'" if with_percentage else "",
        color=_highlighted(),
        tooltip=_label_tooltip(kind),
        room=50,
    ).add_params(SEARCH, PICKED, ORDER, alt.param("shown", value=top))


def label_histogram(rows: Rows, kind: str) -> Chart:
    """How many labels have how much, on a log scale.

    Args:
        rows: Of `label_histogram`, for one data set.
        kind: `strong` or `weak`.
    """
    amount = AMOUNTS[kind]
    return (
        alt.Chart(_data(rows))
        .transform_calculate(
            lower=_words("amount_from", kind),
            upper=_words("amount_to", kind),
        )
        .mark_rect(color=BLUE)
        .encode(
            x=_log_x("amount_from", amount),
            x2="amount_to:Q",
            y=_counts("label_count", "labels"),
            y2=alt.datum(0),
            tooltip=[
                alt.Tooltip("lower:N", title="From"),
                alt.Tooltip("upper:N", title="To"),
                alt.Tooltip("label_count:Q", title="Labels", format=","),
            ],
        )
    )


def coverage(rows: Rows, shares: Rows, kind: str) -> Chart:
    """How much of a data set its largest labels make up, with the lines of 50, 80 and 95%.

    Args:
        rows: Of `label_amounts`, for one data set.
        shares: Of `label_coverage`, for the same.
        kind: `strong` or `weak`.
    """
    x = _ranks("labels, largest first")
    y = alt.Y("cumulative_percentage:Q", title="% of all", scale=alt.Scale(domain=[0, 100]))
    base = alt.Chart(_data(rows)).transform_calculate(value=AMOUNTS[kind].text).encode(x=x, y=y)
    lines = (
        alt.Chart(_data(shares))
        .transform_calculate(
            text="datum.coverage_percentage + '%: ' + format(datum.label_count, ',')"
            " + (datum.label_count === 1 ? ' label' : ' labels')"
        )
        .encode(y="coverage_percentage:Q")
    )
    return (
        base.mark_line(color=BLUE, strokeWidth=2)
        + _found(base, kind)
        + lines.mark_rule(strokeDash=[4, 3], color=GREY)
        # Where the curve is not: above it, left of the point, if there is room; else below it.
        + lines.transform_filter(f"datum.label_count > {len(rows) / 2}")
        .mark_text(align="right", baseline="bottom", dx=-6, dy=-3)
        .encode(x="label_count:Q", text="text:N")
        + lines.transform_filter(f"datum.label_count <= {len(rows) / 2}")
        .mark_text(align="right", baseline="top", dy=3)
        .encode(x=alt.value("width"), text="text:N")
        + lines.mark_point(color=VERMILION, filled=True, size=60, opacity=1).encode(
            x="label_count:Q", tooltip=[alt.Tooltip("text:N", title="Coverage")]
        )
    ).add_params(SEARCH, PICKED)


def label_shares(rows: Rows) -> Chart:
    """The share of each of the ten largest labels, and of all others together.

    Args:
        rows: Of `label_shares`, for one data set.
    """
    return _bars(
        rows,
        "percentage",
        "% of all",
        y=_names("title", "place"),
        text="format(datum.percentage, '.1f') + '%'",
        color=alt.when("datum.label_id === null")
        .then(alt.value(GREY))
        .when(_IS_PICKED)
        .then(alt.value(VERMILION))
        .otherwise(alt.value(BLUE)),
        tooltip=[
            *_LABEL,
            alt.Tooltip("percentage:Q", title="% of all", format=".3f"),
        ],
    ).add_params(PICKED)


def label_bands(rows: Rows) -> Chart:
    """How many labels lie in each band, and what share they hold.

    Args:
        rows: Of `label_bands`, for one data set.
    """
    return _bars(
        rows,
        "label_count",
        "labels",
        y=_names("band", "amount_from"),
        text="datum.label_count",
        more="' (' + format(datum.percentage, '.1f') + '%)'",
        color=alt.value(BLUE),
        tooltip=[
            alt.Tooltip("band:N", title="Band"),
            alt.Tooltip("label_count:Q", title="Labels"),
            alt.Tooltip("percentage:Q", title="% of all", format=".2f"),
        ],
        room=30,
    )


def label_ranks(rows: Rows, kind: str) -> Chart:
    """All labels by their rank, on a log scale; those of no duration are left out.

    Args:
        rows: Of `label_amounts`, for one data set.
        kind: `strong` or `weak`.
    """
    amount = AMOUNTS[kind]
    base = (
        alt.Chart(_data(rows))
        .transform_filter("datum.amount > 0")
        .transform_calculate(value=amount.text)
        .encode(
            x=_ranks("rank"),
            y=alt.Y(
                "amount:Q",
                title=amount.log_title,
                scale=_log_scale(rows, "amount"),
                axis=alt.Axis(**amount.log_axis),
            ),
        )
    )
    return _found(base, kind).add_params(SEARCH, PICKED)


def dataset_bars(rows: Rows) -> Chart:
    """The clips of each weak set, on a log scale.

    Args:
        rows: Of `dataset_key_figures`, the weak ones.
    """
    return _bars(
        rows,
        "clip_count",
        "clips, log scale",
        axis=alt.Axis(format="~s", values=_POWERS),
        y=_names("dataset"),
        text="format(datum.clip_count, ',')",
        color=_by_dataset(None),
        tooltip=[
            alt.Tooltip("dataset:N", title="Data set"),
            alt.Tooltip("clip_count:Q", title="Clips", format=","),
            alt.Tooltip("label_count:Q", title="Labels", format=","),
            alt.Tooltip("imbalance_ratio:Q", title="Imbalance", format=",.1f"),
        ],
        room=80,
        is_log=True,
    )


def coverage_comparison(rows: Rows) -> Chart:
    """How much of each weak set its largest labels make up.

    Args:
        rows: Of `label_amounts`, the weak ones.
    """
    return _lines(
        rows,
        alt.Y("cumulative_percentage:Q", title="% of all", scale=alt.Scale(domain=[0, 100])),
    )


def rank_comparison(rows: Rows) -> Chart:
    """The share of each label of each weak set by its rank there, on a log scale.

    Args:
        rows: Of `label_amounts`, the weak ones.
    """
    return _lines(
        rows,
        alt.Y(
            "percentage:Q",
            title="% of all, log scale",
            scale=_log_scale(rows, "percentage"),
            axis=alt.Axis(values=_POWERS, format="~r"),
        ),
    )


def share_comparison(rows: Rows, top: int) -> Chart:
    """The share that the labels of most clips have in each weak set, on a log scale.

    Args:
        rows: Of `label_amounts`, the weak ones, with `overall_rank`: that of
            `weak_label_comparison`.
        top: How many labels at most.
    """
    legend = alt.Legend(
        title=None, orient="top", columns=alt.ExprRef(f"plot_width < {WIDE} ? 1 : 3")
    )
    return (
        alt.Chart(_data(rows))
        .transform_filter(MATCHES)
        .transform_window(position="dense_rank()", sort=[alt.SortField("overall_rank")])
        .transform_filter("datum.position <= shown")
        .mark_point(filled=True, size=70, opacity=0.9)
        .encode(
            x=alt.X(
                "percentage:Q",
                title="% of all labels given in the set, log scale",
                scale=_log_scale(rows, "percentage"),
                axis=alt.Axis(values=_POWERS, format="~r"),
            ),
            y=_names("title", "position", grid=True),
            color=_by_dataset(legend),
            shape=alt.Shape(
                "dataset:N",
                scale=alt.Scale(domain=DATASETS),
                legend=legend,
            ),
            tooltip=[alt.Tooltip("dataset:N", title="Data set"), *_weak_tooltip()],
        )
        .add_params(SEARCH, alt.param("shown", value=top), LABEL_WIDTH, PLOT_WIDTH)
    )


def overlap(rows: Rows) -> Chart:
    """Events of a target during which nothing else is heard, and those that are overlapped.

    Args:
        rows: Of `positive_overlaps`, for one data set.
    """
    base = (
        alt.Chart(_data(rows))
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
            y=_names("title", "label"),
            tooltip=[
                *_LABEL,
                alt.Tooltip("overlap:N", title="Events that are"),
                alt.Tooltip("event_count:Q", title="How many", format=","),
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
    """Other sounds that are heard during events of a target, by how many events they overlap.

    Args:
        rows: Of `overlapping_labels`, for one data set.
        top: How many labels at most.
    """
    return _bars(
        _largest(rows),
        "event_count",
        "events overlapped",
        y=_names("title", "position"),
        text="format(datum.event_count, ',')",
        more="' (' + format(datum.percentage, '.1f') + '%)'",
        color=_highlighted(),
        tooltip=[
            *_LABEL,
            alt.Tooltip("event_count:Q", title="Events overlapped", format=","),
            alt.Tooltip("percentage:Q", title="% of the target's events", format=".2f"),
            alt.Tooltip("overlap_seconds:Q", title="Seconds together", format=",.3f"),
        ],
        room=40,
    ).add_params(SEARCH, PICKED, alt.param("shown", value=top))


def overlap_matrix(rows: Rows, top: int) -> Chart:
    """How many events of each label of a target each other sound overlaps.

    Args:
        rows: Of `label_overlaps`, for one data set.
        top: How many other sounds at most.
    """
    shown = [row for row in rows if row["other_rank"] <= top]
    most = max(row["event_count"] for row in shown)
    base = alt.Chart(_data(shown)).encode(
        x=alt.X("title:N", title=None, axis=alt.Axis(labelAngle=-30, labelLimit=160, grid=False)),
        y=_names("other_title", "other_rank"),
        tooltip=[
            *_LABEL,
            alt.Tooltip("other_title:N", title="Overlapped by"),
            alt.Tooltip("other_label_id:N", title="MID of that"),
            alt.Tooltip("event_count:Q", title="Events", format=","),
            alt.Tooltip("overlap_seconds:Q", title="Seconds together", format=",.3f"),
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
    """How many events or windows are how long, with the median.

    Args:
        rows: Of `duration_histogram`, for one data set and unit.
        stats: Of `duration_stats`, for the same.
    """
    (stat,) = stats
    units = f"{stat['unit']}s"
    return alt.Chart(_data(rows)).mark_rect(color=BLUE).encode(
        x=alt.X("seconds_from:Q", title="seconds", scale=alt.Scale(zero=True, nice=False)),
        x2="seconds_to:Q",
        y=_counts("unit_count", units),
        y2=alt.datum(0),
        tooltip=[
            alt.Tooltip("seconds_from:Q", title="Longer than, s", format=".3~f"),
            alt.Tooltip("seconds_to:Q", title="Up to, s", format=".3~f"),
            alt.Tooltip("unit_count:Q", title=units.capitalize(), format=","),
        ],
    ) + alt.Chart(_data(stats)).mark_rule(color=VERMILION, strokeWidth=2, strokeDash=[5, 3]).encode(
        x="median_seconds:Q",
        tooltip=[
            alt.Tooltip("median_seconds:Q", title="Median, s", format=".3f"),
            alt.Tooltip("percentile_5_seconds:Q", title="5% are up to, s", format=".3f"),
            alt.Tooltip("percentile_95_seconds:Q", title="95% are up to, s", format=".3f"),
        ],
    )


def sample_bars(rows: Rows) -> Chart:
    """The samples of each role in each data set, on a log scale.

    Args:
        rows: Of `sample_counts`, those that are kept.
    """
    chart = alt.Chart(_data(rows)).transform_calculate(
        words="replace(datum.role, '_', ' ')",
        name="replace(datum.words, ' negative', '') + ', ' + datum.dataset",
        # Roles stand together; in each, the largest first.
        place=f"indexof({list(ROLES)}, datum.role) - datum.samples / 1e12",
    )
    return _bars(
        chart,
        "samples",
        "samples, log scale",
        axis=alt.Axis(format="~s", values=_POWERS),
        y=_names("name", "place"),
        text="format(datum.samples, ',')",
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
            alt.Tooltip("dataset:N", title="Data set"),
            alt.Tooltip("samples:Q", title="Samples", format=","),
            alt.Tooltip("clips:Q", title="Clips", format=","),
        ],
        room=70,
        is_log=True,
    )


def sample_fates(rows: Rows) -> Chart:
    """How many samples of each role are kept, and how many each filter removed.

    Args:
        rows: Of `sample_fates`, for one split.
    """
    base = (
        alt.Chart(_data(rows))
        .transform_calculate(fate="replace(datum.fate, '_', ' ')")
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
            y=_names("fate", "rank"),
            tooltip=[
                alt.Tooltip("role:N", title="Role"),
                alt.Tooltip("fate:N", title="What became of them"),
                alt.Tooltip("samples:Q", title="Samples", format=","),
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
            text=alt.Text("samples:Q", format=","),
            color=alt.condition("datum.percentage > 40", alt.value("black"), alt.value("white")),
        )
    ).add_params(LABEL_WIDTH)


def sample_labels(rows: Rows, top: int) -> Chart:
    """The labels that are heard in most samples of a role.

    Args:
        rows: Of `sample_label_shares`, for one split and role.
        top: How many labels at most.
    """
    return _bars(
        _largest(rows),
        "samples",
        "samples",
        axis=alt.Axis(
            tickCount=4,
            tickMinStep=1,
            labelExpr="format(datum.value, datum.value >= 10000 ? '~s' : ',')",
        ),
        y=_names("title", "position"),
        text="format(datum.samples, ',')",
        more="' (' + format(datum.percentage, '.1f') + '%)'",
        color=_highlighted(),
        tooltip=[
            *_LABEL,
            alt.Tooltip("rank:Q", title="Rank"),
            alt.Tooltip("samples:Q", title="Samples", format=","),
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
        alt.Chart(_data(rows))
        .transform_calculate(text="datum.tier + ': ' + format(datum.percentage, '.0f') + '%'")
        .encode(
            x=alt.X(
                "percentage:Q",
                title="% of the pool",
                scale=alt.Scale(domain=[0, 100]),
                axis=alt.Axis(tickCount=5),
            ),
            y=_names("measure", "place"),
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
    base = alt.Chart(_data(rows)).encode(
        x=alt.X(
            "rank:Q",
            title="label, most samples first, log scale",
            scale=alt.Scale(type="log", nice=False),
            axis=alt.Axis(values=_STEPS, format="~s"),
        ),
    )
    axis = alt.Axis(values=_POWERS, format="~r")
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
            size=alt.condition(_IS_PICKED, alt.value(220), alt.value(45)),
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
    chart = _bars(
        _largest(rows),
        "draw_percentage",
        "% of the draws by weight",
        y=_names("title", "position"),
        text="format(datum.draw_percentage, '.2f') + '%'",
        more="' · tier ' + datum.tier",
        color=alt.condition(_IS_PICKED, alt.value(VERMILION), _by_tier(None)),
        tooltip=_weight_tooltip(),
        room=50,
    )
    chart.layer[0] = chart.layer[0].encode(
        fillOpacity=alt.condition("datum.tier === 'A'", alt.value(1), alt.value(0.15)),
        stroke=alt.condition(_IS_PICKED, alt.value(VERMILION), _stroke_of_tier()),
    )
    return chart.add_params(SEARCH, PICKED, alt.param("shown", value=top))


def labels_seen(rows: Rows) -> Chart:
    """What share of the labels of each pool an epoch has drawn, batch by batch.

    Args:
        rows: Of `labels_seen`.
    """
    pools = ["strong_negative", "weak_negative"]
    words = [pool.replace("_", " ") for pool in pools]
    batches = max(row["batches"] for row in rows)
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
        alt.Chart(_data(rows))
        .transform_filter("datum.first_batch !== null")
        .transform_calculate(words="replace(datum.pool, '_', ' ')")
    )
    rest = base.transform_aggregate(
        first_batch="max(first_batch)",
        batches="max(batches)",
        seen_percentage="max(seen_percentage)",
        groupby=["words"],
    )
    return (
        base.mark_line(interpolate="step-after", strokeWidth=2).encode(
            x=x, y=y, color=color, strokeDash=dash
        )
        # From the batch that saw the last label to the end.
        + rest.mark_rule(strokeWidth=2).encode(
            x=x, x2="batches:Q", y=y, color=color, strokeDash=dash
        )
        + base.mark_circle().encode(
            x=x,
            y=y,
            color=color,
            size=alt.condition(_IS_PICKED, alt.value(160), alt.value(30)),
            opacity=alt.condition(
                f"{_IS_PICKED} || search !== '' && ({MATCHES})", alt.value(1), alt.value(0.01)
            ),
            tooltip=_draw_tooltip(),
        )
    ).add_params(SEARCH, PICKED)


def draws(rows: Rows) -> Chart:
    """How often an epoch draws each label of a pool, against how often its weight alone would.

    Args:
        rows: Of `labels_seen`, for one pool.
    """
    most = max(max(row["draws"], row["draws_by_weight"]) for row in rows)
    # A log scale that has a 0.
    scale = alt.Scale(type="symlog", domain=[0, 1.15 * most], nice=False)
    axis = alt.Axis(values=[0, *_STEPS], format="~s")
    line = alt.Chart(_data([{"draws": 0}, {"draws": 1.15 * most}]))
    return (
        line.mark_line(color=GREY, strokeDash=[4, 3]).encode(
            x=alt.X("draws:Q", title="draws by weight alone, log scale", scale=scale, axis=axis),
            y=alt.Y("draws:Q", title="draws, log scale", scale=scale, axis=axis),
        )
        + alt.Chart(_data(rows))
        .mark_point(filled=True)
        .encode(
            x=alt.X("draws_by_weight:Q", scale=scale, axis=axis),
            y=alt.Y("draws:Q", scale=scale, axis=axis),
            shape=_shape_of_tier(),
            color=_by_tier(_TIER_LEGEND),
            size=alt.condition(_IS_PICKED, alt.value(220), alt.value(45)),
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
    roles = {row["role"] for row in rows}
    present = {role: color for role, color in SLOT_ROLES.items() if role in roles}
    return (
        # Whole pixels, so that no hairs show between the cells.
        alt.Chart(_data(rows), width=alt.Step(max(2, 560 // batch_size)))
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
                "role:N",
                scale=alt.Scale(domain=list(present), range=list(present.values())),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=[
                alt.Tooltip("role:N", title="Kept for"),
                *_LABEL,
                alt.Tooltip("sample_key:N", title="Sample"),
                alt.Tooltip("crop_start_seconds:Q", title="Crop from, s", format=".3f"),
            ],
        )
    )


def timeline(events: Rows, windows: Rows, *, has_target: bool = True) -> Chart | alt.VConcatChart:
    """All events of a clip as bars on a time axis, the windows of a target below.

    Args:
        events: With `title`, `label_id`, `start_seconds`, `end_seconds`, and `role`: what the
            event is to the target.
        windows: The same, and `segment_index`; may be empty.
        has_target: There is a target, so that the roles mean something.
    """
    roles = {"positive": VERMILION, "strong_negative": GREEN, "other": BLUE}
    legend = alt.Legend(title=None, orient="top", symbolOpacity=1, symbolStrokeWidth=0)
    end = max(row["end_seconds"] for row in events)
    times = [
        *_LABEL,
        alt.Tooltip("role:N", title="To the target"),
        alt.Tooltip("start_seconds:Q", title="Start, s", format=".3f"),
        alt.Tooltip("end_seconds:Q", title="End, s", format=".3f"),
    ]
    base = alt.Chart(width=560).encode(
        x=alt.X("start_seconds:Q", title="seconds", scale=alt.Scale(domain=[0, end], nice=False)),
        x2="end_seconds:Q",
        y=_names("title", "start_seconds"),
        color=alt.Color(
            "role:N",
            scale=alt.Scale(domain=list(roles), range=list(roles.values())),
            legend=legend if has_target else None,
        ),
    )
    upper = (
        base.mark_bar()
        .encode(tooltip=times)
        .properties(data=_data(events), title=alt.TitleParams("Events", anchor="start"))
    )
    if not windows:
        return upper.add_params(LABEL_WIDTH)
    lower = (
        base.mark_bar(opacity=0.6, stroke="black", strokeWidth=0.7)
        .encode(tooltip=[*times, alt.Tooltip("segment_index:Q", title="Window of its event")])
        .properties(data=_data(windows), title=alt.TitleParams("Windows", anchor="start"))
    )
    return alt.vconcat(upper, lower).add_params(LABEL_WIDTH)


def sound(envelope: Rows, spectrogram: Rows, band_hz: float) -> alt.VConcatChart:
    """A waveform, and below it a spectrogram.

    Args:
        envelope: Stretches with `start` (seconds), `lowest` and `highest` (samples, -1 to 1).
        spectrogram: Stretches with `start`, `end` (seconds) and `levels`: one for each band of
            frequencies from the lowest on (dB, up to 0).
        band_hz: How wide a band is.
    """
    x = alt.X("start:Q", title="seconds", scale=alt.Scale(zero=False, nice=False))
    scale = alt.Scale(scheme="viridis", domain=[-80, 0])
    waveform = (
        alt.Chart(_data(envelope), width=560, height=90)
        .mark_area(color=BLUE)
        .encode(
            x=x,
            y=alt.Y("lowest:Q", title="sample", scale=alt.Scale(domain=[-1, 1])),
            y2="highest:Q",
        )
    )
    levels = (
        alt.Chart(_data(spectrogram), width=560, height=220)
        .transform_flatten(["levels"], ["level"])
        .transform_window(band="row_number()", groupby=["start"])
        .transform_calculate(low=f"(datum.band - 1) * {band_hz}", high=f"datum.band * {band_hz}")
        .mark_rect(strokeWidth=0.7)
        .encode(
            x=x,
            x2="end:Q",
            y=alt.Y("low:Q", title="Hz", axis=alt.Axis(format=",d"), scale=alt.Scale(nice=False)),
            y2="high:Q",
            color=alt.Color("level:Q", scale=scale, legend=alt.Legend(title="dB", type="gradient")),
            # Without it, hairs of the background show between the cells.
            stroke=alt.Stroke("level:Q", scale=scale, legend=None),
        )
    )
    return alt.vconcat(waveform, levels)


def compose(panels: Sequence[Panel], title: str, columns: int, width: int) -> alt.ConcatChart:
    """Put panels of a width, in pixels, side by side into one picture."""
    sized = []
    for panel in panels:
        heading = alt.TitleParams(panel.title, subtitle=panel.note or alt.Undefined)
        chart = panel.chart.properties(title=heading, width=width)
        sized.append(chart.properties(height=panel.height) if panel.height else chart)
    return alt.concat(
        *sized, columns=columns, title=alt.TitleParams(title, fontSize=20, offset=18), spacing=36
    ).resolve_scale(color="independent", shape="independent", strokeDash="independent")


def _bars(
    rows: Rows | alt.Chart,
    field: str,
    title: str,
    *,
    y: alt.Y,
    text: str,
    color: Any,
    tooltip: list[alt.Tooltip],
    more: str = "",
    room: int = 50,
    axis: alt.Axis | None = None,
    is_log: bool = False,
) -> alt.LayerChart:
    """Bars with their values written at their ends, in `room` pixels that no bar reaches.

    The scale reaches further than the longest bar, by the share that this room is of a plot whose
    width is the parameter `plot_width`; `more` is written too if the plot is wide.
    """
    chart = rows if isinstance(rows, alt.Chart) else alt.Chart(_data(rows))
    if more:
        text = f"{text} + (plot_width < {WIDE} ? '' : {more})"
    pixels = f"(plot_width < {WIDE} ? {room} : {room + 60})" if more else str(room)
    stretch = f"(1 + {pixels} / max(60, plot_width - {pixels}))"
    reach = f"pow(datum.{field}, {stretch})" if is_log else f"datum.{field} * {stretch}"
    x = alt.X(
        f"{field}:Q",
        title=title,
        stack=None,
        scale=alt.Scale(type="log", domainMin=1) if is_log else alt.Scale(zero=True),
        axis=axis or alt.Axis(tickMinStep=1, tickCount=5),
    )
    base = chart.transform_calculate(text=text, reach=reach).encode(x=x, y=y, tooltip=tooltip)
    bars = base.mark_bar().encode(color=color)
    return (
        # A log scale has no 0 to start from.
        (bars.encode(x2=alt.datum(1)) if is_log else bars)
        + base.mark_text(align="left", dx=4).encode(text="text:N")
        + base.mark_point(opacity=0).encode(x="reach:Q", tooltip=alt.value(None))
    ).add_params(LABEL_WIDTH, PLOT_WIDTH)


def _lines(rows: Rows, y: alt.Y) -> alt.LayerChart:
    base = alt.Chart(_data(rows)).encode(
        x=_ranks("labels, largest first"),
        y=y,
        color=_by_dataset(alt.Legend(title=None, orient="top", symbolType="stroke")),
    )
    dash = alt.StrokeDash(
        "dataset:N",
        scale=alt.Scale(domain=DATASETS, range=[[1, 0], [6, 3], [2, 2]]),
        legend=alt.Legend(title=None, orient="top"),
    )
    points = base.mark_circle(size=30).encode(
        opacity=alt.when(f"{_IS_PICKED} || search !== '' && ({MATCHES})")
        .then(alt.value(1))
        # A line of one label is nothing to see.
        .otherwise(alt.value(0 if len(rows) > 20 else 1)),
        tooltip=[alt.Tooltip("dataset:N", title="Data set"), *_weak_tooltip()],
    )
    return (base.mark_line(strokeWidth=2).encode(strokeDash=dash) + points).add_params(
        SEARCH, PICKED
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


def _largest(rows: Rows) -> alt.Chart:
    """Those that match the search, by their rank, as many as are to be shown."""
    return (
        alt.Chart(_data(rows))
        .transform_filter(MATCHES)
        .transform_window(position="row_number()", sort=[alt.SortField("rank")])
        .transform_filter("datum.position <= shown")
    )


def _weight_tooltip() -> list[alt.Tooltip]:
    return [
        *_LABEL,
        alt.Tooltip("tier:N", title="Tier"),
        alt.Tooltip("sample_count:Q", title="Samples", format=","),
        alt.Tooltip("sample_percentage:Q", title="% of the samples", format=".3f"),
        alt.Tooltip("draw_percentage:Q", title="% of the draws by weight", format=".3f"),
    ]


def _draw_tooltip() -> list[alt.Tooltip]:
    return [
        *_LABEL,
        alt.Tooltip("tier:N", title="Tier"),
        alt.Tooltip("first_batch:Q", title="First in batch", format=","),
        alt.Tooltip("draws:Q", title="Draws", format=","),
        alt.Tooltip("draws_by_weight:Q", title="By weight alone", format=",.1f"),
    ]


def _found(base: alt.Chart, kind: str) -> alt.Chart:
    """A point for each label: that which is picked stands out, those not searched for fade."""
    return base.mark_circle().encode(
        size=alt.condition(_IS_PICKED, alt.value(140), alt.value(22)),
        color=_highlighted(),
        opacity=alt.condition(MATCHES, alt.value(0.9), alt.value(0.1)),
        tooltip=_label_tooltip(kind),
    )


def _highlighted() -> Any:
    return alt.condition(_IS_PICKED, alt.value(VERMILION), alt.value(BLUE))


def _by_dataset(legend: alt.Legend | None) -> alt.Color:
    scale = alt.Scale(domain=DATASETS, range=[BLUE, ORANGE, GREEN])
    return alt.Color("dataset:N", scale=scale, legend=legend)


def _names(field: str, order: str | None = None, *, grid: bool = False) -> alt.Y:
    """Names down the side, in the order of another field; cut if they are very long."""
    return alt.Y(
        f"{field}:N",
        title=None,
        sort=alt.EncodingSortField(order, op="min") if order else DATASETS,
        axis=alt.Axis(labelLimit={"expr": "label_width"}, ticks=False, grid=grid),
    )


def _log_scale(rows: Rows, field: str) -> alt.Scale:
    """A log scale, also of rows that are all of one amount, which span nothing."""
    amounts = {row[field] for row in rows if row[field] > 0}
    if len(amounts) != 1:
        return alt.Scale(type="log")
    (amount,) = amounts
    return alt.Scale(type="log", domain=[amount / 10, amount * 10])


def _ranks(title: str) -> alt.X:
    axis = alt.Axis(tickCount=5, labelExpr=_WHOLE)
    return alt.X("rank:Q", title=title, scale=alt.Scale(nice=False), axis=axis)


def _counts(field: str, title: str) -> alt.Y:
    return alt.Y(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(nice=5),
        axis=alt.Axis(tickCount=5, labelExpr=_WHOLE),
    )


def _label_tooltip(kind: str) -> list[alt.Tooltip]:
    if kind == "weak":
        return _weak_tooltip()
    return [
        *_LABEL,
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("value:N", title="Heard"),
        alt.Tooltip("amount:Q", title="Seconds", format=",.3f"),
        alt.Tooltip("event_count:Q", title="Events", format=","),
        alt.Tooltip("percentage:Q", title="% of all", format=".4f"),
        alt.Tooltip("cumulative_percentage:Q", title="% to here", format=".2f"),
    ]


def _weak_tooltip() -> list[alt.Tooltip]:
    return [
        *_LABEL,
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("amount:Q", title="Clips", format=","),
        alt.Tooltip("percentage:Q", title="% of all", format=".4f"),
        alt.Tooltip("cumulative_percentage:Q", title="% to here", format=".2f"),
    ]


def _words(field: str, kind: str) -> str:
    return AMOUNTS[kind].text.replace("datum.amount", f"datum.{field}")


def _log_x(field: str, amount: Amount) -> alt.X:
    return alt.X(
        f"{field}:Q",
        title=f"{amount.log_title}, log scale",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(**amount.log_axis),
    )


def _data(rows: Rows) -> alt.InlineData:
    return alt.InlineData(values=rows)
