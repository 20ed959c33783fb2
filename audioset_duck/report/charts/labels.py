"""How much of each label one subset holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREY,
    IS_PICKED,
    LABEL_TOOLTIP,
    MATCHES,
    PICKED,
    POWERS,
    SEARCH,
    VERMILION,
    WHOLE_NUMBERS,
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
    """How the amount of a label is written: seconds in a strong subset, clips in a weak one.

    Attributes:
        title: The title of a linear axis.
        size: Expression of the length of a bar.
        text: Expression of the amount with its unit.
        log_axis: Options of an axis on a log scale.
        log_title: The title of that axis.
    """

    title: str
    size: str
    text: str
    log_axis: dict[str, Any]
    log_title: str


# By whether the subset has strong labels.
AMOUNTS = {
    True: Amount(
        "hours",
        "datum.amount / 3600",
        _DURATION.format("datum.amount"),
        {"values": _TICKS, "labelExpr": _TICK_LABELS},
        "total duration of a label",
    ),
    False: Amount(
        "clips",
        "datum.amount",
        "format(datum.amount, ',.0f')",
        {"format": "~s", "values": POWERS},
        "clips of a label",
    ),
}


def label_bars(rows: Rows, is_strong: bool, top: int, *, with_percentage: bool = True) -> Chart:
    """Draw bars of the largest labels that match the search.

    Args:
        rows: Rows of `label_amounts` for one subset.
        is_strong: Whether the subset has strong labels.
        top: The largest number of bars.
        with_percentage: Whether to write the share beside the amount.
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
    """Draw a histogram of the labels by their amount, on a log scale.

    Args:
        rows: Rows of `label_histogram` for one subset.
        is_strong: Whether the subset has strong labels.
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
    """Draw the cumulative share of the largest labels, with lines at 50, 80 and 95%.

    Args:
        rows: Rows of `label_amounts` for one subset.
        shares: Rows of `label_coverage` for the same.
        is_strong: Whether the subset has strong labels.
    """
    x = ranks_axis("labels, largest first")
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
        # Off the curve: above it, left of the point, if there is room; else below it.
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
    """Draw the share of each of the ten largest labels, and of all others together.

    Args:
        rows: Rows of `label_shares` for one subset.
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
    """Draw the number of labels in each band of amounts, and their share.

    Args:
        rows: Rows of `label_bands` for one subset.
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
    """Draw the amounts of all labels by rank, on a log scale that leaves out amounts of 0.

    Args:
        rows: Rows of `label_amounts` for one subset.
        is_strong: Whether the subset has strong labels.
    """
    amount = AMOUNTS[is_strong]
    base = (
        alt.Chart(inline(rows))
        .transform_filter("datum.amount > 0")
        .transform_calculate(value=amount.text)
        .encode(
            x=ranks_axis("rank"),
            y=alt.Y(
                "amount:Q",
                title=amount.log_title,
                scale=log_scale(rows, "amount"),
                axis=alt.Axis(**amount.log_axis),
            ),
        )
    )
    return _found(base, is_strong).add_params(SEARCH, PICKED)


def _found(base: alt.Chart, is_strong: bool) -> alt.Chart:
    """Draw a point for each label; the picked one is large, those that no search matches fade."""
    return base.mark_circle().encode(
        size=alt.condition(IS_PICKED, alt.value(140), alt.value(22)),
        color=highlighted(),
        opacity=alt.condition(MATCHES, alt.value(0.9), alt.value(0.1)),
        tooltip=_label_tooltip(is_strong),
    )


def log_scale(rows: Rows, field: str) -> alt.Scale:
    """A log scale that also has a range if all rows have the same value."""
    amounts = {row[field] for row in rows if row[field] > 0}
    if len(amounts) != 1:
        return alt.Scale(type="log")
    (amount,) = amounts
    return alt.Scale(type="log", domain=[amount / 10, amount * 10])


def ranks_axis(title: str) -> alt.X:
    """A horizontal axis of ranks."""
    axis = alt.Axis(tickCount=5, labelExpr=WHOLE_NUMBERS)
    return alt.X("rank:Q", title=title, scale=alt.Scale(nice=False), axis=axis)


def _label_tooltip(is_strong: bool) -> list[alt.Tooltip]:
    if not is_strong:
        return weak_tooltip()
    return [
        *LABEL_TOOLTIP,
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("value:N", title="Duration"),
        alt.Tooltip("amount:Q", title="Seconds", format=",.3f"),
        alt.Tooltip("event_count:Q", title="Events", format=","),
        alt.Tooltip("percentage:Q", title="% of all", format=".4f"),
        alt.Tooltip("cumulative_percentage:Q", title="Cumulative %", format=".2f"),
    ]


def weak_tooltip() -> list[alt.Tooltip]:
    """The tooltip of a label of a weak subset."""
    return [
        *LABEL_TOOLTIP,
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("amount:Q", title="Clips", format=","),
        alt.Tooltip("percentage:Q", title="% of all", format=".4f"),
        alt.Tooltip("cumulative_percentage:Q", title="Cumulative %", format=".2f"),
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
