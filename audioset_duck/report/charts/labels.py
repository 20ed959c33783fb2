"""How much there is of each label of a data set, and how the data sets compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    PLOT_WIDTH,
    POWERS,
    SEARCH,
    VERMILION,
    WEAK_SUBSETS,
    WHOLE_NUMBERS,
    WIDE,
    Chart,
    Rows,
    counts_axis,
    highlighted,
    inline,
    names_axis,
    value_bars,
)

ORDER = alt.param("order", value="amount")
_SORT_KEY = (
    "order === 'name' ? lower(datum.title) : order === 'events' ? -datum.event_count"
    " : order === 'least' ? -datum.rank : datum.rank"
)
_DURATION = (
    "({0} >= 3600 ? format({0} / 3600, ',.1f') + ' h' : {0} >= 60 ? format({0} / 60, '.1f')"
    " + ' min' : format({0}, '.1~f') + ' s')"
)
_TICKS = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 360_000, 3_600_000]
_TICK_LABELS = (
    "datum.value >= 3600 ? format(datum.value / 3600, ',') + ' h' : datum.value >= 60"
    " ? datum.value / 60 + ' min' : datum.value + ' s'"
)


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


# By whether the subset is strong.
AMOUNTS = {
    True: Amount(
        "hours heard",
        "datum.amount / 3600",
        _DURATION.format("datum.amount"),
        "Events",
        {"values": _TICKS, "labelExpr": _TICK_LABELS},
        "duration of a label",
    ),
    False: Amount(
        "clips",
        "datum.amount",
        "format(datum.amount, ',.0f')",
        "Clips",
        {"format": "~s", "values": POWERS},
        "clips of a label",
    ),
}


def label_bars(rows: Rows, is_strong: bool, top: int, *, with_percentage: bool = True) -> Chart:
    """Bars of the labels that match the search, as many as `top`, by their amount.

    Args:
        rows: Of `label_amounts`, for one data set.
        is_strong: Whether the subset is.
        top: How many at most.
        with_percentage: Write the share beside the amount.
    """
    amount = AMOUNTS[is_strong]
    rows_shown = (
        alt.Chart(inline(rows))
        .transform_filter(MATCHES)
        .transform_calculate(size=amount.size, value=amount.text, key=_SORT_KEY)
        .transform_window(position="row_number()", sort=[alt.SortField("key")])
        .transform_filter("datum.position <= shown")
    )
    return value_bars(
        rows_shown,
        "size",
        amount.title,
        axis=alt.Axis(
            tickCount=4,
            labelExpr="format(datum.value, datum.value >= 10000 ? '~s' : ',~f')",
        ),
        y=names_axis("title", "position"),
        text="datum.value",
        more="' · ' + format(datum.percentage, '.2f') + '%'" if with_percentage else "",
        color=highlighted(),
        tooltip=_label_tooltip(is_strong),
        room=50,
    ).add_params(SEARCH, PICKED, ORDER, alt.param("shown", value=top))


def label_histogram(rows: Rows, is_strong: bool) -> Chart:
    """How many labels have how much, on a log scale.

    Args:
        rows: Of `label_histogram`, for one data set.
        is_strong: Whether the subset is.
    """
    amount = AMOUNTS[is_strong]
    return (
        alt.Chart(inline(rows))
        .transform_calculate(
            lower=_words("amount_from", is_strong),
            upper=_words("amount_to", is_strong),
        )
        .mark_rect(color=BLUE)
        .encode(
            x=_log_x("amount_from", amount),
            x2="amount_to:Q",
            y=counts_axis("label_count", "labels"),
            y2=alt.datum(0),
            tooltip=[
                alt.Tooltip("lower:N", title="From"),
                alt.Tooltip("upper:N", title="To"),
                alt.Tooltip("label_count:Q", title="Labels", format=","),
            ],
        )
    )


def coverage(rows: Rows, shares: Rows, is_strong: bool) -> Chart:
    """How much of a data set its largest labels make up, with the lines of 50, 80 and 95%.

    Args:
        rows: Of `label_amounts`, for one data set.
        shares: Of `label_coverage`, for the same.
        is_strong: Whether the subset is.
    """
    x = _ranks("labels, largest first")
    y = alt.Y("cumulative_percentage:Q", title="% of all", scale=alt.Scale(domain=[0, 100]))
    base = (
        alt.Chart(inline(rows)).transform_calculate(value=AMOUNTS[is_strong].text).encode(x=x, y=y)
    )
    lines = (
        alt.Chart(inline(shares))
        .transform_calculate(
            text="datum.coverage_percentage + '%: ' + format(datum.label_count, ',')"
            " + (datum.label_count === 1 ? ' label' : ' labels')"
        )
        .encode(y="coverage_percentage:Q")
    )
    return (
        base.mark_line(color=BLUE, strokeWidth=2)
        + _found(base, is_strong)
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
    return value_bars(
        rows,
        "percentage",
        "% of all",
        y=names_axis("title", "place"),
        text="format(datum.percentage, '.1f') + '%'",
        color=alt.when("datum.label_id === null")
        .then(alt.value(GREY))
        .when(IS_PICKED)
        .then(alt.value(VERMILION))
        .otherwise(alt.value(BLUE)),
        tooltip=[
            *LABEL_TOOLTIP,
            alt.Tooltip("percentage:Q", title="% of all", format=".3f"),
        ],
    ).add_params(PICKED)


def label_bands(rows: Rows) -> Chart:
    """How many labels lie in each band, and what share they hold.

    Args:
        rows: Of `label_bands`, for one data set.
    """
    return value_bars(
        rows,
        "label_count",
        "labels",
        y=names_axis("band", "amount_from"),
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


def label_ranks(rows: Rows, is_strong: bool) -> Chart:
    """All labels by their rank, on a log scale; those of no duration are left out.

    Args:
        rows: Of `label_amounts`, for one data set.
        is_strong: Whether the subset is.
    """
    amount = AMOUNTS[is_strong]
    base = (
        alt.Chart(inline(rows))
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
    return _found(base, is_strong).add_params(SEARCH, PICKED)


def subset_bars(rows: Rows) -> Chart:
    """The clips of each weak set, on a log scale.

    Args:
        rows: Of `subset_key_figures`, the weak ones.
    """
    return value_bars(
        rows,
        "clip_count",
        "clips, log scale",
        axis=alt.Axis(format="~s", values=POWERS),
        y=names_axis("subset"),
        text="format(datum.clip_count, ',')",
        color=_by_subset(None),
        tooltip=[
            alt.Tooltip("subset:N", title="Subset"),
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
            axis=alt.Axis(values=POWERS, format="~r"),
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
        alt.Chart(inline(rows))
        .transform_filter(MATCHES)
        .transform_window(position="dense_rank()", sort=[alt.SortField("overall_rank")])
        .transform_filter("datum.position <= shown")
        .mark_point(filled=True, size=70, opacity=0.9)
        .encode(
            x=alt.X(
                "percentage:Q",
                title="% of all labels given in the set, log scale",
                scale=_log_scale(rows, "percentage"),
                axis=alt.Axis(values=POWERS, format="~r"),
            ),
            y=names_axis("title", "position", grid=True),
            color=_by_subset(legend),
            shape=alt.Shape(
                "subset:N",
                scale=alt.Scale(domain=WEAK_SUBSETS),
                legend=legend,
            ),
            tooltip=[alt.Tooltip("subset:N", title="Subset"), *_weak_tooltip()],
        )
        .add_params(SEARCH, alt.param("shown", value=top), LABEL_WIDTH, PLOT_WIDTH)
    )


def _lines(rows: Rows, y: alt.Y) -> alt.LayerChart:
    base = alt.Chart(inline(rows)).encode(
        x=_ranks("labels, largest first"),
        y=y,
        color=_by_subset(alt.Legend(title=None, orient="top", symbolType="stroke")),
    )
    dash = alt.StrokeDash(
        "subset:N",
        scale=alt.Scale(domain=WEAK_SUBSETS, range=[[1, 0], [6, 3], [2, 2]]),
        legend=alt.Legend(title=None, orient="top"),
    )
    points = base.mark_circle(size=30).encode(
        opacity=alt.when(f"{IS_PICKED} || search !== '' && ({MATCHES})")
        .then(alt.value(1))
        # A line of one label is nothing to see.
        .otherwise(alt.value(0 if len(rows) > 20 else 1)),
        tooltip=[alt.Tooltip("subset:N", title="Subset"), *_weak_tooltip()],
    )
    return (base.mark_line(strokeWidth=2).encode(strokeDash=dash) + points).add_params(
        SEARCH, PICKED
    )


def _found(base: alt.Chart, is_strong: bool) -> alt.Chart:
    """A point for each label: that which is picked stands out, those not searched for fade."""
    return base.mark_circle().encode(
        size=alt.condition(IS_PICKED, alt.value(140), alt.value(22)),
        color=highlighted(),
        opacity=alt.condition(MATCHES, alt.value(0.9), alt.value(0.1)),
        tooltip=_label_tooltip(is_strong),
    )


def _by_subset(legend: alt.Legend | None) -> alt.Color:
    scale = alt.Scale(domain=WEAK_SUBSETS, range=[BLUE, ORANGE, GREEN])
    return alt.Color("subset:N", scale=scale, legend=legend)


def _log_scale(rows: Rows, field: str) -> alt.Scale:
    """A log scale, also of rows that are all of one amount, which span nothing."""
    amounts = {row[field] for row in rows if row[field] > 0}
    if len(amounts) != 1:
        return alt.Scale(type="log")
    (amount,) = amounts
    return alt.Scale(type="log", domain=[amount / 10, amount * 10])


def _ranks(title: str) -> alt.X:
    axis = alt.Axis(tickCount=5, labelExpr=WHOLE_NUMBERS)
    return alt.X("rank:Q", title=title, scale=alt.Scale(nice=False), axis=axis)


def _label_tooltip(is_strong: bool) -> list[alt.Tooltip]:
    if not is_strong:
        return _weak_tooltip()
    return [
        *LABEL_TOOLTIP,
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("value:N", title="Heard"),
        alt.Tooltip("amount:Q", title="Seconds", format=",.3f"),
        alt.Tooltip("event_count:Q", title="Events", format=","),
        alt.Tooltip("percentage:Q", title="% of all", format=".4f"),
        alt.Tooltip("cumulative_percentage:Q", title="% to here", format=".2f"),
    ]


def _weak_tooltip() -> list[alt.Tooltip]:
    return [
        *LABEL_TOOLTIP,
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("amount:Q", title="Clips", format=","),
        alt.Tooltip("percentage:Q", title="% of all", format=".4f"),
        alt.Tooltip("cumulative_percentage:Q", title="% to here", format=".2f"),
    ]


def _words(field: str, is_strong: bool) -> str:
    return AMOUNTS[is_strong].text.replace("datum.amount", f"datum.{field}")


def _log_x(field: str, amount: Amount) -> alt.X:
    return alt.X(
        f"{field}:Q",
        title=f"{amount.log_title}, log scale",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(**amount.log_axis),
    )
