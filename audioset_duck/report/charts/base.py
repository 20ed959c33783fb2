"""What the charts share: colours, parameters, bars, axes and panels.

The colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with colour
vision deficiency can tell apart, and viridis. The charts have parameters that a page may set:
`search` (a text), `picked` (the MID of a label), `order` and `shown` (which labels have bars),
`label_width` and `plot_width` (the width of the label names and of the plot beside them, in
pixels). Each chart function draws the rows of a SELECT and computes nothing itself.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import altair as alt
import duckdb

from audioset_duck.catalog.query import query_table

Rows: TypeAlias = list[dict[str, Any]]
Chart: TypeAlias = alt.Chart | alt.LayerChart
BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8C8C8C"
SKY, PURPLE = "#56B4E9", "#CC79A7"
# The width of a letter of a note in a picture, in pixels.
LETTER_WIDTH = 6
# The smallest width of a plot, in pixels, that has room for two numbers beside a bar.
WIDE = 300
WEAK_SUBSETS = ["weak_unbalanced_train", "weak_balanced_train", "weak_eval"]
# The look of a picture. The page has its own, which follows the reader's light or dark mode.
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
LABEL_WIDTH = alt.param("label_width", value=260)
PLOT_WIDTH = alt.param("plot_width", value=360)
MATCHES = "search === '' || indexof(lower(datum.title + ' ' + datum.label_id), lower(search)) >= 0"
IS_PICKED = "picked !== null && datum.label_id === picked"
# An axis of counts has no labels at fractions.
WHOLE_NUMBERS = "datum.value % 1 ? '' : format(datum.value, ',')"
POWERS = [10.0**power for power in range(-8, 9)]
# The first entries of every tooltip of a label.
LABEL_TOOLTIP = (alt.Tooltip("title:N", title="Label"), alt.Tooltip("label_id:N", title="MID"))


@dataclass(frozen=True)
class Panel:
    """One chart of a picture, and of the page.

    Attributes:
        title: What the chart shows, in one line.
        chart: The chart, without a size.
        note: What a reader must know to read the chart; may be empty.
        height: The height in pixels; None if the number of rows decides.
        is_on_page: Whether the page has the panel, too.
        page_title: The title on the page, where the reader chooses what is shown; empty: `title`.
    """

    title: str
    chart: Chart
    note: str = ""
    height: int | None = 260
    is_on_page: bool = True
    page_title: str = ""


def fetch_rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None = None
) -> Rows:
    """Run a query and return its rows as dicts, with decimals as floats, as JSON has them."""
    table = query_table(connection, query, parameters)
    return [
        {
            column: float(value) if isinstance(value, Decimal) else value
            for column, value in zip(table.columns, row, strict=True)
        }
        for row in table.rows
    ]


def is_strong(subset: str) -> bool:
    """Whether a subset has strong labels: events with a start and an end."""
    return subset.startswith("strong_")


def compose(panels: Sequence[Panel], title: str, columns: int, width: int) -> alt.ConcatChart:
    """Arrange panels in columns of a width in pixels, below a title."""
    sized = []
    for panel in panels:
        note = textwrap.wrap(panel.note, width // LETTER_WIDTH)
        heading = alt.TitleParams(panel.title, subtitle=note or alt.Undefined)
        chart = panel.chart.properties(title=heading, width=width)
        sized.append(chart.properties(height=panel.height) if panel.height else chart)
    return alt.concat(
        *sized, columns=columns, title=alt.TitleParams(title, fontSize=20, offset=18), spacing=36
    ).resolve_scale(color="independent", shape="independent", strokeDash="independent")


def value_bars(
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
    """Draw bars with their values written at their ends.

    The scale extends beyond the longest bar so that at least `room` pixels remain for the values
    in a plot of the width `plot_width`.

    Args:
        rows: The rows, or a chart of them.
        field: The field that is the length of a bar.
        title: The title of the axis of the lengths.
        y: The axis of the names.
        text: Expression of the value that is written.
        color: The colour of the bars.
        tooltip: The tooltip of a bar.
        more: Expression of what is also written if the plot is wide; may be empty.
        room: The room for the value, in pixels.
        axis: The axis of the lengths, if it is not the default.
        is_log: Whether the lengths are on a log scale, from 1.
    """
    chart = rows if isinstance(rows, alt.Chart) else alt.Chart(inline(rows))
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
        # A log scale has no 0 that bars could start from.
        (bars.encode(x2=alt.datum(1)) if is_log else bars)
        + base.mark_text(align="left", dx=4).encode(text="text:N")
        + base.mark_point(opacity=0).encode(x="reach:Q", tooltip=alt.value(None))
    ).add_params(LABEL_WIDTH, PLOT_WIDTH)


def largest(rows: Rows) -> alt.Chart:
    """A chart of the rows that match the search, by rank, up to the parameter `shown`."""
    return (
        alt.Chart(inline(rows))
        .transform_filter(MATCHES)
        .transform_window(position="row_number()", sort=[alt.SortField("rank")])
        .transform_filter("datum.position <= shown")
    )


def highlighted() -> Any:
    """The colour of labels, with another one for the picked label."""
    return alt.condition(IS_PICKED, alt.value(VERMILION), alt.value(BLUE))


def names_axis(field: str, order: str | None = None, *, grid: bool = False) -> alt.Y:
    """A vertical axis of names, ordered by another field; long names are cut at `label_width`."""
    return alt.Y(
        f"{field}:N",
        title=None,
        sort=alt.EncodingSortField(order, op="min") if order else WEAK_SUBSETS,
        axis=alt.Axis(labelLimit={"expr": "label_width"}, ticks=False, grid=grid),
    )


def counts_axis(field: str, title: str) -> alt.Y:
    """A vertical axis of counts."""
    return alt.Y(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(nice=5),
        axis=alt.Axis(tickCount=5, labelExpr=WHOLE_NUMBERS),
    )


def inline(rows: Rows) -> alt.InlineData:
    """Embed rows in a chart."""
    return alt.InlineData(values=rows)
