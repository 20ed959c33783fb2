"""The section on a target: its samples, the pools of its negatives, an epoch, its events."""

from __future__ import annotations

from functools import partial
from typing import Any

import duckdb

from audioset_duck.catalog.overview import target_title, target_warnings
from audioset_duck.catalog.state import has_inventory, read_state
from audioset_duck.report.charts import epochs as epoch_charts
from audioset_duck.report.charts import pools as pool_charts
from audioset_duck.report.charts import samples as sample_charts
from audioset_duck.report.charts import targets as target_charts
from audioset_duck.report.charts.base import Panel, Rows, fetch_rows
from audioset_duck.report.sections import FEW, Picture, Section, height_beside_bars
from audioset_duck.sqltext import identifier

# The epoch that is shown is the first one, without hard negatives.
BATCH_SIZE = 32


def target_section(connection: duckdb.DuckDBPyConnection, name: str, top: int) -> Section:
    """The section on one target.

    Args:
        connection: The catalog.
        name: The target.
        top: How many labels a chart shows at most.
    """
    schema = identifier(name)
    tables = {
        "counts": f"from {schema}.subset_counts",
        "overlap": (
            f"from {schema}.positive_overlaps order by subset, label_id nulls first, overlap"
        ),
        "overlapping_labels": f"from {schema}.overlapping_labels order by subset, rank",
        "overlap_matrix": f"from {schema}.label_overlaps order by subset, other_rank, label_id",
        "durations": f"from {schema}.duration_stats order by subset, unit",
        "composition": f"from {schema}.sample_counts",
        "composition_labels": (
            f"from {schema}.sample_label_shares order by split desc, role, rank"
        ),
        "label_weights": f"from {schema}.label_weights order by pool, rank",
    }
    if _has_epoch(connection):
        tables["epoch_coverage"] = f"from {schema}.labels_seen(batch_size := {BATCH_SIZE})"
    return Section(
        f"Target {target_title(connection, name)}",
        partial(_pictures, connection, name, top),
        {f"target_{name}_{stem}": query for stem, query in tables.items()},
        " ".join(target_warnings(connection, name)),
        _figures(connection, name),
        f"Target {name}: samples",
    )


def _has_epoch(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether epochs can be planned: for a live catalog a plan would read all files many times."""
    return not read_state(connection).is_live


def _figures(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str]]:
    """The samples of each role and split, and how many lack their audio."""
    schema = identifier(name)
    rows = fetch_rows(
        connection,
        f"from {schema}.sample_outcomes where outcome = 'kept' order by split desc, role",
    )
    figures = [
        (f"{row['role'].replace('_negative', ' neg.')}, {row['split']}", f"{row['sample_count']:,}")
        for row in rows
    ]
    if has_inventory(connection):
        ((missing,),) = connection.execute(
            f"select coalesce(sum(sample_count), 0) from {schema}.sample_counts"
            " where starts_with(reason, 'audio_')"
        ).fetchall()
        figures.append(("without audio", f"{missing:,}"))
    return figures


def _pictures(connection: duckdb.DuckDBPyConnection, name: str, top: int) -> list[Picture]:
    few = min(FEW, top)
    pictures = [
        _composition(connection, name),
        _composition_labels(connection, name, few),
        _label_weights(connection, name, few),
        _epoch_coverage(connection, name),
        _overlap(connection, name),
        _overlapping_labels(connection, name, few),
        _overlap_matrix(connection, name, few),
        _durations(connection, name),
    ]
    return [picture for picture in pictures if picture.panels]


def _grouped(connection: duckdb.DuckDBPyConnection, query: str, *columns: str) -> dict[str, Rows]:
    """The rows of a query by the values of some columns, in the order of the rows."""
    groups: dict[str, Rows] = {}
    for row in fetch_rows(connection, query):
        key = " ".join(row[column] for column in columns)
        groups.setdefault(key, []).append(row)
    return groups


def _in_words(name: str) -> str:
    """A role or pool as it stands in a title."""
    return name.replace("_", " ")


def _composition(connection: duckdb.DuckDBPyConnection, name: str) -> Picture:
    schema = identifier(name)
    kept = fetch_rows(connection, f"from {schema}.sample_counts where reason is null")
    outcomes = _grouped(
        connection, f"from {schema}.sample_outcomes order by split desc, role, rank", "split"
    )
    panels = [
        Panel(
            f"{split}: samples kept, and excluded by reason",
            sample_charts.sample_outcomes(rows),
            "The brighter a cell, the larger its share in the samples of the role. Strong positive:"
            " the clip's strong labels contain the target.",
            height=None,
        )
        for split, rows in outcomes.items()
    ]
    if kept:
        bars = sample_charts.sample_bars(kept)
        panels.insert(0, Panel("Samples by role and subset", bars, height=None))
    return Picture(
        f"target_{name}_composition", f"{name}: samples of training and evaluation", panels
    )


def _composition_labels(connection: duckdb.DuckDBPyConnection, name: str, few: int) -> Picture:
    groups = _grouped(
        connection,
        f"from {identifier(name)}.sample_label_shares order by split desc, role, rank",
        "split",
        "role",
    )
    panels = [
        Panel(
            f"{_in_words(group)}s: the most frequent labels",
            sample_charts.sample_labels(rows, few),
            "A sample counts under each of its labels.",
            height=None,
        )
        for group, rows in groups.items()
    ]
    return Picture(
        f"target_{name}_composition_labels", f"{name}: labels present in its samples", panels
    )


def _label_weights(connection: duckdb.DuckDBPyConnection, name: str, few: int) -> Picture:
    schema = identifier(name)
    weights = _grouped(connection, f"from {schema}.label_weights order by pool, rank", "pool")
    tiers = _grouped(connection, f"from {schema}.tier_shares order by pool, place, tier", "pool")
    panels = []
    for pool, rows in weights.items():
        words = f"{_in_words(pool)}s"
        panels += [
            Panel(f"{words}: share of each tier", pool_charts.tier_shares(tiers[pool]), height=120),
            Panel(
                f"{words}: weights of all labels",
                pool_charts.label_weights(rows),
                "Grey line: the share of each label in the samples.",
                height=height_beside_bars(few),
            ),
            Panel(
                f"{words}: weights of the most frequent labels",
                pool_charts.weight_bars(rows, few),
                "Bars of tier B are hollow.",
                height=None,
            ),
        ]
    return Picture(
        f"target_{name}_label_weights", f"{name}: weights of the labels of its negatives", panels
    )


def _epoch_coverage(connection: duckdb.DuckDBPyConnection, name: str) -> Picture:
    query = f"from {identifier(name)}.epoch_labels(batch_size := {BATCH_SIZE}) order by pool, rank"
    seen = _grouped(connection, query, "pool") if _has_epoch(connection) else {}
    panels = [
        Panel(
            f"{_in_words(pool)}s: draws in the epoch, and by weight",
            epoch_charts.draws(rows),
            "Above the grey line: drawn more often than by weight.",
        )
        for pool, rows in seen.items()
    ]
    if seen:
        every = [row for rows in seen.values() for row in rows]
        notes = [_coverage_note(pool, rows[0]) for pool, rows in seen.items()]
        chart = epoch_charts.labels_seen(every)
        panels.insert(0, Panel("Labels drawn so far, by batch", chart, " ".join(notes)))
    return Picture(
        f"target_{name}_epoch_coverage",
        f"{name}: the first epoch with seed 0, in batches of {BATCH_SIZE}",
        panels,
    )


def _coverage_note(pool: str, row: dict[str, Any]) -> str:
    words = f"{_in_words(pool).capitalize()}s"
    if row["unseen_label_count"]:
        return f"{words}: {row['unseen_label_count']:,} labels are never drawn."
    return f"{words}: all labels drawn by batch {row['last_batch']:,}."


def _by_subset(
    connection: duckdb.DuckDBPyConnection, name: str, relation: str, order: str
) -> dict[str, Rows]:
    """The rows of a relation of a target by subset."""
    query = f"from {identifier(name)}.{relation} order by main.subset_place(subset), {order}"
    return _grouped(connection, query, "subset")


def _overlap(connection: duckdb.DuckDBPyConnection, name: str) -> Picture:
    overlaps = _by_subset(connection, name, "positive_overlaps", "label_id nulls first, overlap")
    return Picture(
        f"target_{name}_overlap",
        f"{name}: events that other labels overlap",
        [
            Panel(f"{subset}: alone or overlapped", target_charts.overlap(rows), height=None)
            for subset, rows in overlaps.items()
        ],
    )


def _overlapping_labels(connection: duckdb.DuckDBPyConnection, name: str, few: int) -> Picture:
    return Picture(
        f"target_{name}_overlapping_labels",
        f"{name}: labels that overlap its events",
        [
            Panel(
                f"{subset}: overlapping labels",
                target_charts.overlapping_labels(rows, few),
                "An event counts once for each label that overlaps it.",
                height=None,
            )
            for subset, rows in _by_subset(connection, name, "overlapping_labels", "rank").items()
        ],
    )


def _overlap_matrix(connection: duckdb.DuckDBPyConnection, name: str, few: int) -> Picture:
    matrix = _by_subset(connection, name, "label_overlaps", "other_rank, label_id")
    return Picture(
        f"target_{name}_overlap_matrix",
        f"{name}: labels that overlap the events of each of its labels",
        [
            Panel(
                f"{subset}: overlapped events",
                target_charts.overlap_matrix(rows, few),
                height=None,
            )
            for subset, rows in matrix.items()
        ],
        width=300,
    )


def _durations(connection: duckdb.DuckDBPyConnection, name: str) -> Picture:
    bins = _by_subset(connection, name, "duration_histogram", "unit, seconds_from")
    stats = _by_subset(connection, name, "duration_stats", "unit")
    return Picture(
        f"target_{name}_durations",
        f"{name}: durations of its events and of the windows cut from them",
        [
            Panel(
                f"{subset}: {stat['unit']}s",
                target_charts.durations(
                    [row for row in bins[subset] if row["unit"] == stat["unit"]], [stat]
                ),
                f"Dashed: the median, {stat['median_seconds']:.3f} s.",
                height=180,
            )
            for subset, rows in stats.items()
            for stat in rows
        ],
        columns=2,
    )
