"""The section on a target: its samples, the weights of its negatives, an epoch, its events."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import duckdb

from audioset_duck.catalog.overview import target_title, target_warnings
from audioset_duck.catalog.state import has_inventory, read_state
from audioset_duck.report.charts import targets as target_charts
from audioset_duck.report.charts.base import Chart, Panel, Rows, fetch_rows
from audioset_duck.report.sections import FEW, Picture, Section
from audioset_duck.sqltext import identifier
from audioset_duck.wording import counted

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
    # For a live catalog, the plan of an epoch would read all files many times.
    has_epoch = not read_state(connection).is_live
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
    if has_epoch:
        tables["epoch_coverage"] = f"from {schema}.labels_seen(batch_size := {BATCH_SIZE})"
    return Section(
        f"Target {target_title(connection, name)}",
        partial(_pictures, connection, name, min(FEW, top), has_epoch),
        {f"target_{name}_{stem}": query for stem, query in tables.items()},
        " ".join(target_warnings(connection, name)),
        _figures(connection, name),
        f"Target {name}: samples",
    )


def _figures(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str]]:
    """The samples of each role and split, and how many lack their audio."""
    schema = identifier(name)
    rows = fetch_rows(
        connection,
        f"from {schema}.sample_outcomes where outcome = 'kept' order by split desc, role",
    )
    figures = [
        (f"{row['role'].replace('_', ' ')}, {row['split']}", row["sample_count"]) for row in rows
    ]
    if has_inventory(connection):
        ((missing,),) = connection.execute(
            f"select coalesce(sum(sample_count), 0) from {schema}.sample_counts"
            " where starts_with(reason, 'audio_')"
        ).fetchall()
        figures.append(("without audio", missing))
    return [(what, f"{count:,}") for what, count in figures]


def _pictures(
    connection: duckdb.DuckDBPyConnection, name: str, few: int, has_epoch: bool
) -> list[Picture]:
    schema = identifier(name)

    def grouped(relation: str, column: str, order: str) -> dict[str, Rows]:
        """The rows of a relation of the target by the values of a column."""
        groups: dict[str, Rows] = {}
        for row in fetch_rows(connection, f"from {schema}.{relation} order by {order}"):
            groups.setdefault(row[column], []).append(row)
        return groups

    def by_subset(relation: str, order: str) -> dict[str, Rows]:
        return grouped(relation, "subset", f"main.subset_place(subset), {order}")

    def panels(
        groups: dict[str, Rows], title: str, draw: Callable[[Rows], Chart], note: str = ""
    ) -> list[Panel]:
        return [
            Panel(title.format(group.replace("_negative", " negatives")), draw(rows), note, None)
            for group, rows in groups.items()
        ]

    epoch = f"epoch_labels(batch_size := {BATCH_SIZE})"
    seen = grouped(epoch, "pool", "pool, rank") if has_epoch else {}
    bins = by_subset("duration_histogram", "seconds_from")
    outcomes = panels(
        grouped("sample_outcomes", "split", "split desc, role, rank"),
        "{}: samples kept, and excluded by reason",
        target_charts.sample_outcomes,
        "The brighter a cell, the larger its share in the samples of the role. Strong positive:"
        " the clip's strong labels contain the target.",
    )
    weights = panels(
        grouped("label_weights", "pool", "pool, rank"),
        "{}: weights of the most frequent labels",
        partial(target_charts.label_weights, top=few),
        "Beside a bar: the label's share of the draws by weight, then of the samples.",
    )
    overlaps = panels(
        by_subset("positive_overlaps", "label_id nulls first, overlap"),
        "{}: alone or overlapped",
        target_charts.overlap,
    )
    matrices = panels(
        by_subset("label_overlaps", "other_rank, label_id"),
        "{}: events that other labels overlap",
        partial(target_charts.overlap_matrix, top=few),
        "An event counts once for each label that overlaps it.",
    )
    durations = [
        Panel(
            f"{subset}: durations of events",
            target_charts.durations(bins[subset], [stat]),
            f"Dashed: the median, {stat['median_seconds']:.3f} s.",
            height=180,
        )
        for subset, (stat, *_) in by_subset("duration_stats", "unit").items()
        # Of the framed subset, all last 960 ms.
        if subset != "strong_eval_framed"
    ]
    stem = f"target_{name}"
    first = f"{name}: the first epoch with seed 0, in batches of {BATCH_SIZE}"
    return [
        Picture(f"{stem}_composition", f"{name}: samples of training and evaluation", outcomes),
        Picture(f"{stem}_label_weights", f"{name}: weights of labels of its negatives", weights),
        Picture(f"{stem}_epoch_coverage", first, _epoch_coverage(seen), width=560),
        Picture(f"{stem}_overlap", f"{name}: events that other labels overlap", overlaps),
        Picture(f"{stem}_overlap_matrix", f"{name}: labels that overlap its labels", matrices),
        Picture(f"{stem}_durations", f"{name}: durations of its events", durations),
    ]


def _epoch_coverage(seen: dict[str, Rows]) -> list[Panel]:
    """How soon the epoch draws the labels of each pool."""
    if not seen:
        return []
    notes = []
    for pool, (row, *_) in seen.items():
        words = pool.replace("_", " ").capitalize() + "s"
        if row["unseen_label_count"]:
            notes.append(f"{words}: {counted(row['unseen_label_count'], 'label')} never drawn.")
        else:
            notes.append(f"{words}: all labels drawn by batch {row['last_batch']:,}.")
    chart = target_charts.labels_seen([row for rows in seen.values() for row in rows])
    return [Panel("The first epoch: labels drawn so far, by batch", chart, " ".join(notes))]
