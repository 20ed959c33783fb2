"""The files of a report: pictures, tables and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import altair as alt
import duckdb
import jinja2
import vl_convert

from audioset_duck.report.charts.base import CONFIG, Rows, compose
from audioset_duck.report.sections import Picture, Section
from audioset_duck.sqltext import literal

PAGE = "index.html"
# The largest height of a chart on the page, in pixels, unless its number of rows decides.
PAGE_HEIGHT = 260
# Pixels of a PNG for each pixel of the chart.
SCALE = 1.5


def report_files(
    connection: duckdb.DuckDBPyConnection,
    out: Path,
    sections: Iterable[Section],
    formats: Sequence[str],
    heading: str,
) -> Iterator[tuple[Path, Callable[[Path], None]]]:
    """Pair each file of the report with the function that writes it.

    Charts are drawn only if a format other than CSV is wanted. The page has the heading.
    """
    drawn: list[tuple[Section, list[Picture]]] = []
    for section in sections:
        pictures = section.draw() if set(formats) != {"csv"} else []
        pictures = [picture for picture in pictures if picture.panels]
        drawn.append((section, pictures))
        for stem, query in section.tables.items():
            if "csv" in formats:
                yield out / f"{stem}.csv", partial(_write_table, connection, query)
        for picture in pictures:
            for name, write in (("png", _write_png), ("svg", _write_svg)):
                if name in formats:
                    yield out / f"{picture.stem}.{name}", partial(write, picture)
    if "html" in formats:
        yield out / PAGE, partial(_write_page, connection, drawn, heading)


def _write_table(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} (format csv, header)")


def _write_png(picture: Picture, path: Path) -> None:
    path.write_bytes(vl_convert.vegalite_to_png(_specification(picture), scale=SCALE))


def _write_svg(picture: Picture, path: Path) -> None:
    path.write_text(vl_convert.vegalite_to_svg(_specification(picture)), encoding="utf-8")


def _specification(picture: Picture) -> dict[str, Any]:
    chart = compose(picture.panels, picture.title, picture.columns, picture.width)
    specification = chart.to_dict(validate=False) | {"config": CONFIG}
    for parameter in specification.get("params", []):
        if parameter["name"] == "plot_width":
            parameter["value"] = picture.width
    return specification


def _write_page(
    connection: duckdb.DuckDBPyConnection,
    drawn: list[tuple[Section, list[Picture]]],
    heading: str,
    path: Path,
) -> None:
    # Altair names data by a hash of its rows, so rows that charts share are on the page once.
    data: dict[str, Rows] = {}
    specifications = []
    parts = []
    for section, pictures in drawn:
        panels = [panel for picture in pictures for panel in picture.panels if panel.is_on_page]
        parts.append((section, panels))
        for panel in panels:
            chart = panel.chart.properties(
                width="container", autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
            )
            if panel.height:
                chart = chart.properties(height=min(panel.height, PAGE_HEIGHT))
            specification = chart.to_dict(validate=False)
            data.update(specification.pop("datasets"))
            specifications.append(specification)
    ((time, version),) = connection.execute(
        "select time, versions->>'audioset_duck' from meta.builds order by rowid desc limit 1"
    ).fetchall()
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("audioset_duck", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    page = environment.get_template("page.html").render(
        heading=heading,
        parts=parts,
        charts={"specifications": specifications, "data": data},
        audio=_audio(connection),
        built=f"{time:%Y-%m-%d %H:%M} UTC by audioset-duck {version}",
        vega=vl_convert.javascript_bundle(
            "window.vegaEmbed = vegaEmbed", alt.SCHEMA_VERSION.rsplit(".", 1)[0]
        ),
    )
    path.write_text(page, encoding="utf-8")


def _audio(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """The number of clips by the status of their audio; empty without an audio inventory."""
    rows = connection.execute(
        "select status, count(distinct ytid) as clip_count from main.audio_files"
        " group by status order by clip_count desc, status"
    ).fetchall()
    return [(f"clips {status}", f"{clip_count:,}") for status, clip_count in rows]
