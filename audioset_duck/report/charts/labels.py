"""How much of each label the subsets hold, and whether weak and strong labels agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PICKED,
    PLOT_WIDTH,
    POWERS,
    PURPLE,
    SEARCH,
    VERMILION,
    WHOLE_NUMBERS,
    WIDE,
    Chart,
    Rows,
    counts_axis,
    inline,
    label_points,
    largest,
    lines_of_labels,
    names_axis,
    tooltip,
    top_legend,
    value_bars,
)

ORDER = alt.param("order", value="amount")
_SORT_KEY = (
    "order === 'name' ? lower(datum.title) : order === 'events' ? -datum.event_count"
    " : order === 'least' ? -datum.rank : datum.rank"
)
_TICKS = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 360_000, 3_600_000]
_TICK_LABELS = (
    "datum.value >= 3600 ? format(datum.value / 3600, ',') + ' h' : datum.value >= 60"
    " ? datum.value / 60 + ' min' : datum.value + ' s'"
)
# A legend of three entries, in one column where there is little room.
_NARROW_COLUMNS = alt.ExprRef(f"plot_width < {WIDE} ? 1 : 3")
_NARROW_LEGEND = top_legend(columns=_NARROW_COLUMNS)
# The counts of `label_agreement`, with the words and colours for them.
_PARTS = {
    "both_clip_count": ("both", BLUE),
    "strong_only_clip_count": ("strong only", ORANGE),
    "weak_only_clip_count": ("weak only", PURPLE),
}


@dataclass(frozen=True)
class Amount:
    """How the amount of a label is written: seconds in a strong subset, clips in a weak one.

    Attributes:
        title: The title of a linear axis.
        size: Expression of the length of a bar.
        text: Expression of an amount with its unit, in the place of {0}.
        log_axis: Options of an axis on a log scale.
        log_title: The title of that axis.
        tooltip: Fields of the amount.
    """

    title: str
    size: str
    text: str
    log_axis: dict[str, Any]
    log_title: str
    tooltip: list[alt.Tooltip]


# By whether the subset has strong labels.
AMOUNTS = {
    True: Amount(
        "hours",
        "datum.amount / 3600",
        "({0} >= 3600 ? format({0} / 3600, ',.1f') + ' h' : {0} >= 60 ? format({0} / 60, '.1f')"
        " + ' min' : format({0}, '.1~f') + ' s')",
        {"values": _TICKS, "labelExpr": _TICK_LABELS},
        "total duration of a label",
        tooltip("amount_text", "event_count"),
    ),
    False: Amount(
        "clips",
        "datum.amount",
        "format({0}, ',.0f')",
        {"format": "~s", "values": POWERS},
        "clips of a label",
        tooltip(amount_text="Clips"),
    ),
}


def label_bars(rows: Rows, is_strong: bool, top: int) -> Chart:
    """Draw bars of the largest labels that match the search, from `label_amounts` of a subset."""
    amount = AMOUNTS[is_strong]
    chart = (
        largest(rows, top, _SORT_KEY)
        .transform_calculate(size=amount.size, amount_text=amount.text.format("datum.amount"))
        .encode(tooltip=_label_tooltip(amount))
        .add_params(ORDER)
    )
    return value_bars(
        chart,
        "size",
        amount.title,
        text="datum.amount_text",
        more="' · ' + format(datum.percentage, '.2f') + '%'",
        axis=alt.Axis(
            tickCount=4,
            labelExpr="format(datum.value, datum.value >= 10000 ? '~s' : ',~f')",
        ),
    )


def label_histogram(rows: Rows, is_strong: bool) -> Chart:
    """Draw a histogram of the labels by their amount, from `label_histogram` of a subset."""
    amount = AMOUNTS[is_strong]
    return (
        alt.Chart(inline(rows))
        .transform_calculate(
            lower=amount.text.format("datum.amount_from"),
            upper=amount.text.format("datum.amount_to"),
        )
        .mark_rect(color=BLUE)
        .encode(
            x=alt.X(
                "amount_from:Q",
                title=f"{amount.log_title}, log scale",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(**amount.log_axis),
            ),
            x2="amount_to:Q",
            y=counts_axis("label_count", "labels"),
            y2=alt.datum(0),
            tooltip=tooltip("label_count", lower="From", upper="To"),
        )
    )


def coverage(rows: Rows, shares: Rows, is_strong: bool) -> Chart:
    """Draw the cumulative share of the largest labels, with lines at 50, 80 and 95%.

    Args:
        rows: Rows of `label_amounts` for one subset.
        shares: Rows of `label_coverage` for the same.
        is_strong: Whether the subset has strong labels.
    """
    amount = AMOUNTS[is_strong]
    base = (
        alt.Chart(inline(rows))
        .transform_calculate(amount_text=amount.text.format("datum.amount"))
        .encode(
            x=_ranks_axis(),
            y=alt.Y("cumulative_percentage:Q", title="% of all", scale=alt.Scale(domain=[0, 100])),
            tooltip=_label_tooltip(amount),
        )
        .add_params(SEARCH, PICKED)
    )
    lines = alt.Chart(inline(shares)).encode(
        y="coverage_percentage:Q", tooltip=tooltip("label_count")
    )
    return (
        base.mark_line(color=BLUE, strokeWidth=2)
        + label_points(base)
        + lines.mark_rule(strokeDash=[4, 3], color=GREY)
        + lines.mark_point(color=VERMILION, filled=True, size=60, opacity=1).encode(
            x="label_count:Q"
        )
    )


def share_comparison(rows: Rows, top: int) -> Chart:
    """Draw the share of the most frequent labels in each weak subset, from `weak_label_amounts`."""
    subsets = list(dict.fromkeys(row["subset"] for row in rows))
    return (
        largest(rows, top, "datum.overall_rank", "dense_rank()")
        .mark_point(filled=True, size=70, opacity=0.9)
        .encode(
            x=_log_percentages(alt.X, rows, "% of all labels of the subset, log scale"),
            y=names_axis("title", "position", grid=True),
            color=alt.Color(
                "subset:N",
                scale=alt.Scale(domain=subsets, range=[BLUE, ORANGE, GREEN]),
                legend=_NARROW_LEGEND,
            ),
            shape=alt.Shape("subset:N", scale=alt.Scale(domain=subsets), legend=_NARROW_LEGEND),
            tooltip=_weak_tooltip(),
        )
    )


def rank_comparison(rows: Rows) -> Chart:
    """Draw the share of each label by its rank in each weak subset, from `weak_label_amounts`."""
    chart = (
        alt.Chart(inline(rows))
        .encode(
            x=_ranks_axis(),
            y=_log_percentages(alt.Y, rows, "% of all, log scale"),
            tooltip=_weak_tooltip(),
        )
        .add_params(SEARCH, PICKED, PLOT_WIDTH)
    )
    return lines_of_labels(chart, rows, "subset", _NARROW_COLUMNS)


def label_agreement(rows: Rows, top: int) -> Chart:
    """Draw in which share of the clips with a label both kinds of labels have it, or only one.

    The rows are those of `label_agreement`.
    """
    names, colors = zip(*_PARTS.values(), strict=True)
    return (
        largest(rows, top)
        .transform_fold([*_PARTS], as_=["part", "part_clip_count"])
        .transform_calculate(
            place=f"indexof({[*_PARTS]}, datum.part)", words=f"{[*names]}[datum.place]"
        )
        .mark_bar()
        .encode(
            x=alt.X(
                "part_clip_count:Q",
                title="% of the clips with the label",
                stack="normalize",
                axis=alt.Axis(labelExpr="100 * datum.value", tickCount=5),
            ),
            y=names_axis("title", "position"),
            color=alt.Color(
                "words:N", scale=alt.Scale(domain=names, range=colors), legend=_NARROW_LEGEND
            ),
            order=alt.Order("place:Q"),
            tooltip=tooltip("title", "label_id", *_PARTS, "conflict_percentage"),
        )
    )


def _log_percentages(channel: Any, rows: Rows, title: str) -> Any:
    """A log axis of `percentage`, that also has a range if all rows have the same value."""
    percentages = {row["percentage"] for row in rows}
    least, most = min(percentages), max(percentages)
    domain = alt.Undefined if least < most else [least / 10, most * 10]
    return channel(
        "percentage:Q",
        title=title,
        scale=alt.Scale(type="log", domain=domain),
        axis=alt.Axis(values=POWERS, format="~r"),
    )


def _ranks_axis() -> alt.X:
    axis = alt.Axis(tickCount=5, labelExpr=WHOLE_NUMBERS)
    return alt.X("rank:Q", title="labels, largest first", scale=alt.Scale(nice=False), axis=axis)


def _label_tooltip(amount: Amount) -> list[alt.Tooltip]:
    label = tooltip("title", "label_id", "rank")
    return label + amount.tooltip + tooltip("percentage", "cumulative_percentage")


def _weak_tooltip() -> list[alt.Tooltip]:
    label = tooltip("subset", "title", "label_id", "rank", event_count="Clips")
    return label + tooltip("percentage", "cumulative_percentage")
