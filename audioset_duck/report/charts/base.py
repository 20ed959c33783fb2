"""What the charts share: colours, parameters, tooltips, bars, cells and axes.

The colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with colour
vision deficiency can tell apart, and viridis. The charts have parameters that a page may set:
`search` (a text), `picked` (the MID of a label), `order` and `shown` (which labels have bars),
`label_width` and `plot_width` (the width of the label names and of the plot beside them, in
pixels). Each chart function draws the rows of a SELECT, which its docstring names, and computes
nothing itself.
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
SKY, PURPLE, YELLOW = "#56B4E9", "#CC79A7", "#F0E442"
# The width of a letter of a note in a picture, in pixels.
LETTER_WIDTH = 6
# The smallest width of a plot, in pixels, that has room for two numbers beside a bar.
WIDE = 300
# The room beside the longest bar for one number, and for a second one, in pixels.
_ROOM, _MORE_ROOM = 75, 45
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
_COLORS = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY]
_DASHES = [[1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [5, 2], [12, 4]]
SEARCH = alt.param("search", value="")
PICKED = alt.param("picked", value=None)
LABEL_WIDTH = alt.param("label_width", value=260)
PLOT_WIDTH = alt.param("plot_width", value=360)
MATCHES = "search === '' || indexof(lower(datum.title + ' ' + datum.label_id), lower(search)) >= 0"
IS_PICKED = "picked !== null && datum.label_id === picked"
# An axis of counts has no labels at fractions.
WHOLE_NUMBERS = "datum.value % 1 ? '' : format(datum.value, ',')"
POWERS = [10.0**power for power in range(-8, 9)]
# Fields of tooltips that are texts, and titles of those whose name does not say it.
_TEXTS = {
    *("title", "label_id", "other_title", "other_label_id", "subset", "role", "outcome", "overlap"),
    *("tier", "draw", "sample_key", "detector", "other_detector", "criterion", "unit", "kind"),
    *("amount_text", "lower", "upper"),
}
_TITLES = {
    "title": "Label",
    "label_id": "MID",
    "other_title": "Overlapped by",
    "other_label_id": "Its MID",
    "amount_text": "Duration",
    "percentage": "% of all",
    "conflict_percentage": "% only one",
    "sample_percentage": "% of the samples",
    "draw_percentage": "% of the draws by weight",
    "alarms_per_hour": "False alarms per hour, at most",
    "hours": "Hours with the label",
    "median_score": "Median of their highest scores",
    "better_share": "Better in this share of replicates",
}


@dataclass(frozen=True)
class Panel:
    """One chart of a picture, and of the page.

    Attributes:
        title: What the chart shows, in one line.
        chart: The chart, without a size.
        note: What a reader must know to read the chart; may be empty.
        height: The height in pixels; None if the number of rows decides.
        is_on_page: Whether the page has the panel, too.
    """

    title: str
    chart: Chart
    note: str = ""
    height: int | None = 260
    is_on_page: bool = True


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


def inline(rows: Rows) -> alt.InlineData:
    """Embed rows in a chart."""
    return alt.InlineData(values=rows)


def tooltip(*fields: str, **titles: str) -> list[alt.Tooltip]:
    """List fields in a tooltip, then those with another title than usual."""
    named = {field: _TITLES.get(field, field.replace("_", " ").capitalize()) for field in fields}
    return [
        alt.Tooltip(field=field, type="nominal", title=title)
        if field in _TEXTS
        else alt.Tooltip(field=field, type="quantitative", title=title, format=_format(field))
        for field, title in (named | titles).items()
    ]


def _format(field: str) -> str:
    """The format of a number: counts and times are exact, others have four digits."""
    if field.endswith("_seconds"):
        return ",.3f"
    is_whole = field.endswith(("_count", "_index", "_batch", "rank"))
    return "," if is_whole and not field.startswith("expected_") else ",.4~g"


def largest(
    rows: Rows, top: int, key: str = "datum.rank", numbering: str = "row_number()"
) -> alt.Chart:
    """A chart of the rows that match the search: at most `top`, from the lowest `key` on.

    `position` is the place of a row, and `label_width` and `plot_width` are parameters.
    """
    return (
        alt.Chart(inline(rows))
        .transform_filter(MATCHES)
        .transform_calculate(key=key)
        .transform_window(position=numbering, sort=[alt.SortField("key")])
        .transform_filter("datum.position <= shown")
        .add_params(SEARCH, PICKED, alt.param("shown", value=top), LABEL_WIDTH, PLOT_WIDTH)
    )


def value_bars(
    chart: alt.Chart,
    field: str,
    title: str,
    *,
    text: str,
    more: str,
    axis: alt.Axis,
    color: Any = None,
    longest: str = "",
) -> alt.LayerChart:
    """Draw a chart of `largest` as bars with their values written at their ends.

    The scale extends beyond the longest bar, so that there is room for the values.

    Args:
        chart: The chart, with a tooltip.
        field: The field that is the length of a bar.
        title: The title of the axis of the lengths.
        text: Expression of the value that is written.
        more: Expression of what is also written if the plot is wide.
        axis: The axis of the lengths.
        color: The colour of the bars, but for the picked one.
        longest: The length that the scale has room for; empty: that of the longest bar.
    """
    room = f"(plot_width < {WIDE} ? {_ROOM} : {_ROOM + _MORE_ROOM})"
    base = chart.transform_calculate(
        text=f"{text} + (plot_width < {WIDE} ? '' : {more})",
        reach=f"{longest or f'datum.{field}'} * (1 + {room} / max(60, plot_width - {room}))",
    ).encode(
        x=alt.X(f"{field}:Q", title=title, stack=None, scale=alt.Scale(zero=True), axis=axis),
        y=names_axis("title", "position"),
    )
    return (
        base.mark_bar().encode(color=highlighted(color))
        + base.mark_text(align="left", dx=4).encode(text="text:N")
        + base.mark_point(opacity=0).encode(x="reach:Q", tooltip=alt.value(None))
    )


def cells(base: alt.Chart, count: str, shade: str, most: float) -> alt.LayerChart:
    """Draw cells with a count in each, the brighter the larger `shade` is, from 0 to `most`."""
    scale = alt.Scale(scheme="viridis", type="sqrt", domain=[0, most])
    is_bright = f"datum.{shade} > {0.4 * most}"
    return (
        base.mark_rect().encode(color=alt.Color(f"{shade}:Q", scale=scale, legend=None))
        + base.mark_text().encode(
            text=alt.Text(f"{count}:Q", format=","),
            color=alt.condition(is_bright, alt.value("black"), alt.value("white")),
        )
    ).add_params(LABEL_WIDTH)


def line_styles(rows: Rows, field: str, columns: Any = 3) -> dict[str, Any]:
    """Encode the lines of each value of a field: colours, and dashes for whoever sees no colours.

    Several lines have a legend, with so many columns.
    """
    names = list(dict.fromkeys(row[field] for row in rows))
    several = top_legend(
        columns=columns,
        labelLimit=240,
        symbolType="stroke",
        symbolOpacity=1,
        symbolStrokeWidth=2,
        symbolSize=300,
    )
    legend = several if len(names) > 1 else None

    def scale(values: list[Any]) -> alt.Scale:
        styles = [values[place % len(values)] for place in range(len(names))]
        return alt.Scale(domain=names, range=styles)

    return {
        "color": alt.Color(f"{field}:N", scale=scale(_COLORS), legend=legend),
        "strokeDash": alt.StrokeDash(f"{field}:N", scale=scale(_DASHES), legend=legend),
    }


def highlighted(otherwise: Any = None) -> Any:
    """The colour of labels, with another one for the picked label."""
    return alt.condition(IS_PICKED, alt.value(VERMILION), otherwise or alt.value(BLUE))


def label_points(base: alt.Chart) -> alt.Chart:
    """Draw a point for each label; the picked one is large, those that no search matches fade."""
    return base.mark_circle().encode(
        size=alt.condition(IS_PICKED, alt.value(140), alt.value(22)),
        color=highlighted(),
        opacity=alt.condition(MATCHES, alt.value(0.9), alt.value(0.1)),
    )


def lines_of_labels(chart: alt.Chart, rows: Rows, field: str, columns: Any, **mark: Any) -> Chart:
    """Draw a line for each value of a field, and on them the labels that are searched or picked.

    Args:
        chart: The chart of the rows, with its axes and tooltip.
        rows: The rows.
        field: What the lines differ in.
        columns: How many entries of the legend stand side by side.
        mark: Options of the lines.
    """
    styles = line_styles(rows, field, columns)
    # A line of one label is only a point.
    hidden = 0.01 if len(rows) > 20 else 1
    is_found = f"{IS_PICKED} || search !== '' && ({MATCHES})"
    points = chart.mark_circle().encode(
        size=alt.condition(IS_PICKED, alt.value(140), alt.value(30)),
        color=styles["color"],
        opacity=alt.condition(is_found, alt.value(1), alt.value(hidden)),
    )
    return chart.mark_line(strokeWidth=2, **mark).encode(**styles) + points


def names_axis(field: str, order: str, *, grid: bool = False) -> alt.Y:
    """A vertical axis of names, ordered by another field; long names are cut at `label_width`."""
    return alt.Y(
        f"{field}:N",
        title=None,
        sort=alt.EncodingSortField(order, op="min"),
        axis=alt.Axis(labelLimit={"expr": "label_width"}, ticks=False, grid=grid),
    )


def counts_axis(field: str, title: str) -> alt.Y:
    """A vertical axis of counts."""
    axis = alt.Axis(tickCount=5, labelExpr=WHOLE_NUMBERS)
    return alt.Y(f"{field}:Q", title=title, scale=alt.Scale(nice=5), axis=axis)


def top_legend(**options: Any) -> alt.Legend:
    """A legend above the chart, without a title."""
    return alt.Legend(title=None, orient="top", **options)
