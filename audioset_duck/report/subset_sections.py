"""The sections on subsets: how much of each label they hold, and how they compare."""

from __future__ import annotations

from functools import partial
from typing import Any

import duckdb

from audioset_duck.report.charts import agreement as agreement_charts
from audioset_duck.report.charts import labels as label_charts
from audioset_duck.report.charts import weak_subsets as comparison_charts
from audioset_duck.report.charts.base import Panel, Rows, fetch_rows, is_strong
from audioset_duck.report.sections import FEW, Picture, Section, height_beside_bars
from audioset_duck.sqltext import literal


def subset_section(
    connection: duckdb.DuckDBPyConnection, key_figures: dict[str, Any], top: int
) -> Section:
    """The section on one subset.

    Args:
        connection: The catalog.
        key_figures: The row of `subset_key_figures`.
        top: How many labels the detailed chart shows.
    """
    subset = key_figures["subset"]
    # The older tool names its files after the subset without its prefix.
    strength, name = subset.split("_", 1)
    title = f"{subset}: labels by {'duration' if is_strong(subset) else 'number of clips'}"
    table = (
        f"strong_label_distribution_{name}_stats"
        if is_strong(subset)
        else f"weak_label_distribution_stats_{name}"
    )
    query = (
        f"select * exclude (subset) from main.{strength}_label_stats"
        f" where subset = {literal(subset)} order by rank"
    )
    draw = partial(_subset_pictures, connection, subset, title, top)
    return Section(title, draw, {table: query}, figures=_figures(key_figures))


def comparison_section(connection: duckdb.DuckDBPyConnection, key_figures: Rows) -> Section:
    """The section that compares the weak subsets.

    Args:
        connection: The catalog.
        key_figures: The rows of `subset_key_figures` of the weak subsets.
    """
    title = "The weak subsets compared"
    return Section(
        title,
        partial(_comparison_pictures, connection, key_figures, title),
        {"weak_label_distribution_stats": "from main.weak_label_comparison order by rank"},
    )


def agreement_section(connection: duckdb.DuckDBPyConnection) -> Section:
    """The section that compares the weak with the strong labels of the same clips."""
    title = "Weak and strong labels of the same clips"
    return Section(
        title,
        partial(_agreement_pictures, connection, title),
        {"label_agreement": "from main.label_agreement order by rank"},
    )


def _figures(row: dict[str, Any]) -> list[tuple[str, str]]:
    strong = is_strong(row["subset"])
    ratio = row["imbalance_ratio"]
    return [
        ("clips", f"{row['clip_count']:,}"),
        ("events" if strong else "labels of clips", f"{row['event_count']:,}"),
        ("distinct labels", f"{row['label_count']:,}"),
        ("hours of events" if strong else "hours of clips", f"{row['hours']:,.1f}"),
        ("imbalance", "none" if ratio is None else f"{ratio:,.0f} : 1"),
    ]


def _subset_pictures(
    connection: duckdb.DuckDBPyConnection, subset: str, title: str, top: int
) -> list[Picture]:
    def rows_of(relation: str, order: str) -> Rows:
        return fetch_rows(
            connection,
            f"select * exclude (subset) from main.{relation}"
            f" where subset = $subset order by {order}",
            {"subset": subset},
        )

    strong, name = is_strong(subset), subset.split("_", 1)[1]
    labels = rows_of("label_amounts", "rank")
    shown = min(top, len(labels))
    detailed = [
        Panel(
            f"The {shown} largest labels",
            label_charts.label_bars(labels, strong, top),
            height=None,
            page_title=f"Labels, up to {shown}",
        )
    ]
    has_zero = any(not row["amount"] for row in labels)
    note = "Labels with a total duration of 0 s are not on the log scale." if has_zero else ""
    few = min(FEW, top, len(labels))
    height = height_beside_bars(few)
    panels = [
        Panel(
            f"The {few} largest labels",
            label_charts.label_bars(labels, strong, few, with_percentage=False),
            height=None,
            is_on_page=False,
        ),
        Panel(
            f"Number of labels by {'total duration' if strong else 'number of clips'}",
            label_charts.label_histogram(rows_of("label_histogram", "amount_from"), strong),
            note,
            height=height,
        ),
        Panel(
            "Cumulative share of the largest labels",
            label_charts.coverage(labels, rows_of("label_coverage", "coverage_percentage"), strong),
            height=height if strong else 260,
        ),
        Panel("All labels by rank", label_charts.label_ranks(labels, strong), note),
    ]
    if not strong:
        return [
            Picture(None, title, detailed, 1, 700),
            Picture(f"weak_label_distribution_analysis_{name}", title, panels, 2),
        ]
    panels[3:3] = [
        Panel(
            "Share of the ten largest labels and of the rest",
            label_charts.label_shares(rows_of("label_shares", "place")),
        ),
        Panel(
            "Number of labels in each band of total duration",
            label_charts.label_bands(rows_of("label_bands", "amount_from")),
            "In brackets: the share of the duration of all labels.",
        ),
    ]
    return [
        Picture(f"strong_label_distribution_{name}_detailed", title, detailed, 1, 700),
        Picture(f"strong_label_distribution_{name}_analysis", title, panels),
    ]


def _comparison_pictures(
    connection: duckdb.DuckDBPyConnection, key_figures: Rows, title: str
) -> list[Picture]:
    labels = fetch_rows(
        connection, "from main.weak_label_amounts order by main.subset_place(subset), rank"
    )
    panels = [
        Panel(
            f"Share of the {FEW} most frequent labels",
            comparison_charts.share_comparison(labels, FEW),
            height=None,
        ),
        Panel(
            "Cumulative share of the largest labels",
            comparison_charts.coverage_comparison(labels),
            height=400,
        ),
        Panel("All labels by rank", comparison_charts.rank_comparison(labels)),
        Panel("Clips of each subset", comparison_charts.subset_bars(key_figures), height=180),
    ]
    return [Picture("weak_label_distribution_analysis", title, panels, 2)]


def _agreement_pictures(connection: duckdb.DuckDBPyConnection, title: str) -> list[Picture]:
    labels = fetch_rows(connection, "from main.label_agreement order by rank")
    if not labels:
        return []
    few = min(FEW, len(labels))
    panel = Panel(
        f"The {few} labels on which they disagree in most clips",
        agreement_charts.label_agreement(labels, few),
        "A label confirms those above it in the ontology.",
        height=None,
        page_title=f"Labels, up to {few}, on which they disagree in most clips",
    )
    return [Picture("label_agreement", title, [panel], 1, 700)]
