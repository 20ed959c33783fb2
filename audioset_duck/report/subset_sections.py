"""The sections on subsets: how much of each label they hold, and how they compare."""

from __future__ import annotations

from functools import partial
from typing import Any

import duckdb

from audioset_duck.report.charts import labels as label_charts
from audioset_duck.report.charts.base import Panel, Rows, fetch_rows, is_strong
from audioset_duck.report.sections import FEW, Picture, Section
from audioset_duck.sqltext import literal
from audioset_duck.wording import counted


def subset_section(
    connection: duckdb.DuckDBPyConnection, key_figures: dict[str, Any], top: int
) -> Section:
    """The section on one subset.

    Args:
        connection: The catalog.
        key_figures: The row of `subset_key_figures`.
        top: How many labels the detailed chart shows.
    """
    subset, ratio = key_figures["subset"], key_figures["imbalance_ratio"]
    # The older tool names its files after the subset without its prefix.
    strength, name = subset.split("_", 1)
    if is_strong(subset):
        size, table = "duration", f"strong_label_distribution_{name}_stats"
        events, hours = "events", "hours of events"
    else:
        size, table = "number of clips", f"weak_label_distribution_stats_{name}"
        events, hours = "labels of clips", "hours of clips"
    query = (
        f"select * exclude (subset) from main.{strength}_label_stats"
        f" where subset = {literal(subset)} order by rank"
    )
    title = f"{subset}: labels by {size}"
    imbalance = "none" if ratio is None else f"{ratio:,.0f} : 1"
    return Section(
        title,
        partial(_subset_pictures, connection, subset, f"{title}, imbalance {imbalance}", top),
        {table: query},
        figures=[
            ("clips", f"{key_figures['clip_count']:,}"),
            (events, f"{key_figures['event_count']:,}"),
            ("distinct labels", f"{key_figures['label_count']:,}"),
            (hours, f"{key_figures['hours']:,.1f}"),
            ("imbalance", imbalance),
        ],
    )


def comparison_section(connection: duckdb.DuckDBPyConnection) -> Section:
    """The section that compares the weak subsets."""
    return Section(
        "The weak subsets compared",
        partial(_comparison_pictures, connection),
        {"weak_label_distribution_stats": "from main.weak_label_comparison order by rank"},
    )


def agreement_section(connection: duckdb.DuckDBPyConnection) -> Section:
    """The section that compares the weak with the strong labels of the same clips."""
    return Section(
        "Weak and strong labels of the same clips",
        partial(_agreement_pictures, connection),
        {"label_agreement": "from main.label_agreement order by rank"},
    )


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
    shares = rows_of("label_coverage", "coverage_percentage")
    shown, few = min(top, len(labels)), min(FEW, top, len(labels))
    has_zero = any(not row["amount"] for row in labels)
    note = "Labels with a total duration of 0 s are not on the log scale." if has_zero else ""
    panels = [
        Panel(
            "The largest label" if few == 1 else f"The {few} largest labels",
            label_charts.label_bars(labels, strong, few),
            height=None,
            is_on_page=False,
        ),
        Panel(
            f"Number of labels by {'total duration' if strong else 'number of clips'}",
            label_charts.label_histogram(rows_of("label_histogram", "amount_from"), strong),
            note,
        ),
        Panel(
            "Cumulative share of the largest labels",
            label_charts.coverage(labels, shares, strong),
            "; ".join(
                f"{row['coverage_percentage']}%: {counted(row['label_count'], 'label')}"
                for row in shares
            ),
        ),
    ]
    detailed = Panel(
        f"Labels, up to {shown}", label_charts.label_bars(labels, strong, top), height=None
    )
    # As the older tool names them.
    stem = "{0}_label_distribution_{1}_{2}" if strong else "{0}_label_distribution_{2}_{1}"
    strength = subset.split("_")[0]
    return [
        Picture(stem.format(strength, name, "detailed"), title, [detailed], columns=1, width=700),
        Picture(stem.format(strength, name, "analysis"), title, panels),
    ]


def _comparison_pictures(connection: duckdb.DuckDBPyConnection) -> list[Picture]:
    labels = fetch_rows(
        connection, "from main.weak_label_amounts order by main.subset_place(subset), rank"
    )
    shares = label_charts.share_comparison(labels, FEW)
    panels = [
        Panel(f"Share of the {FEW} most frequent labels", shares, height=None),
        Panel("All labels by rank", label_charts.rank_comparison(labels), height=400),
    ]
    return [
        Picture("weak_label_distribution_analysis", "The weak subsets compared", panels, columns=2)
    ]


def _agreement_pictures(connection: duckdb.DuckDBPyConnection) -> list[Picture]:
    labels = fetch_rows(connection, "from main.label_agreement order by rank")
    panel = Panel(
        f"Labels, up to {FEW}, on which they disagree in most clips",
        label_charts.label_agreement(labels, FEW),
        "A label confirms those above it in the ontology.",
        height=None,
    )
    title = "Weak and strong labels of the same clips"
    return [Picture("label_agreement", title, [panel] if labels else [], columns=1, width=700)]
