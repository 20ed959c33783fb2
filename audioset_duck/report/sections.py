"""The report: what it shows of a catalog, under the names that users know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from audioset_duck.catalog.overview import target_title, target_warnings
from audioset_duck.catalog.state import has_inventory, read_state, require_target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import atomic_write, exclusive_folder
from audioset_duck.progress import progress
from audioset_duck.report.charts import labels as label_charts
from audioset_duck.report.charts import samples as sample_charts
from audioset_duck.report.charts import targets as target_charts
from audioset_duck.report.charts.base import Panel, Rows, fetch_rows, is_strong
from audioset_duck.report.writers import Picture, Section, report_files
from audioset_duck.sqltext import identifier, literal

FORMATS = ("png", "svg", "html", "csv")
DEFAULT_FORMATS = ("png", "html", "csv")
# How many labels the panels have that are one of several.
FEW = 20
# The epoch that is shown: the first, as if there were no hard negatives.
BATCH_SIZE = 32
EPOCH = f"labels_seen(batch_size := {BATCH_SIZE})"
_HOW_TO_READ_FATES = (
    "Brighter: a larger share in the role. Strong positive: strong labels hear the target."
)


def report(
    connection: duckdb.DuckDBPyConnection,
    out: Path,
    *,
    subsets: Sequence[str] = (),
    targets: Sequence[str] = (),
    top: int = 50,
    formats: Sequence[str] = DEFAULT_FORMATS,
) -> list[Path]:
    """Write charts and statistics of the data sets and targets of a catalog.

    Each file is written beside its place and moved there.

    Args:
        connection: To the catalog.
        out: The folder, made if it is not there.
        subsets: Which subsets. None: all.
        targets: Which targets. None: all.
        top: How many labels the detailed charts have, at least 1.
        formats: Of `png`, `svg`, `html` (one page, index.html) and `csv`.

    Returns:
        The files.

    Raises:
        AudiosetDuckError: A data set or target that the catalog has not, a format that there is
            not, a catalog without any data set or of another version, a folder that cannot be
            made, or another report to it is under way.
        OSError: A file cannot be written.
    """
    for name in formats:
        if name not in FORMATS:
            raise AudiosetDuckError(f"there is no format {name!r}; right are {', '.join(FORMATS)}")
    for name in targets:
        require_target(connection, name)
    written = []
    try:
        sections = _sections(
            connection, subsets, targets or list(read_state(connection).targets), top
        )
        with exclusive_folder(out, "report", "name another folder with --out"):
            drawn = progress(sections, name="charts", unit="section")
            files = list(report_files(connection, out, drawn, formats))
            for path, write in progress(files, name="report", unit="file"):
                with atomic_write(path) as part:
                    write(part)
                written.append(path)
    except duckdb.CatalogException as error:
        raise AudiosetDuckError(
            "the catalog was made by another version of audioset-duck; build it again"
            f" ({str(error).splitlines()[0]})"
        ) from None
    return written


def _sections(
    connection: duckdb.DuckDBPyConnection,
    subsets: Sequence[str],
    targets: Sequence[str],
    top: int,
) -> list[Section]:
    """All sections, in their order; nothing is drawn yet."""
    key_figures = fetch_rows(
        connection,
        "from main.subset_key_figures order by main.subset_place(subset)",
    )
    present = [row["subset"] for row in key_figures]
    if not present:
        raise AudiosetDuckError(
            "the catalog has no data set to report on; put events or clips into the metadata"
            " folder, and build it again"
        )
    for name in subsets:
        if name not in present:
            raise AudiosetDuckError(
                f"unknown subset {name!r}; expected one that this catalog has: {', '.join(present)}"
            )
    chosen = [row for row in key_figures if not subsets or row["subset"] in subsets]
    sections = [_subset_section(connection, row, top) for row in chosen]
    weak = [row for row in key_figures if not is_strong(row["subset"])]
    if weak and all(row in chosen for row in weak):
        title = "The weak subsets compared"
        sections.append(
            Section(
                title,
                partial(_weak_comparison, connection, weak, title),
                {"weak_label_distribution_stats": "from main.weak_label_comparison order by rank"},
            )
        )
    return sections + [_target_section(connection, name, top) for name in targets]


def _subset_section(
    connection: duckdb.DuckDBPyConnection, key_figures: dict[str, Any], top: int
) -> Section:
    subset = key_figures["subset"]
    strength, name = subset.split("_", 1)
    title = f"{subset}, labels by {'duration' if is_strong(subset) else 'clips'}"
    # The file names of the older tool, which has no prefix at the names of the subsets.
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
    return Section(title, draw, {table: query}, figures=_key_figures(key_figures))


def _subset_pictures(
    connection: duckdb.DuckDBPyConnection, subset: str, title: str, top: int
) -> list[Picture]:
    def of_this(relation: str, order: str) -> Rows:
        return fetch_rows(
            connection,
            f"select * exclude (subset) from main.{relation}"
            f" where subset = $subset order by {order}",
            {"subset": subset},
        )

    strong, name = is_strong(subset), subset.split("_", 1)[1]
    labels = of_this("label_amounts", "rank")
    bars = label_charts.label_bars(labels, strong, top)
    shown = min(top, len(labels))
    detailed = [
        Panel(f"The {shown} largest labels", bars, height=None, page_title=f"Labels, up to {shown}")
    ]
    silent = any(not row["amount"] for row in labels)
    note = "Labels of no duration have no place on a log scale." if silent else ""
    few = min(FEW, top, len(labels))
    # As high as the bars beside them.
    tall = max(260, 20 * few)
    panels = [
        Panel(
            f"The {few} largest labels",
            label_charts.label_bars(labels, strong, few, with_percentage=False),
            height=None,
            is_on_page=False,
        ),
        Panel(
            "How many labels are heard for how long"
            if strong
            else "How many labels are on how many clips",
            label_charts.label_histogram(of_this("label_histogram", "amount_from"), strong),
            note,
            height=tall,
        ),
        Panel(
            "How few labels make up most of the set",
            label_charts.coverage(labels, of_this("label_coverage", "coverage_percentage"), strong),
            height=tall if strong else 260,
        ),
        Panel("All labels by rank", label_charts.label_ranks(labels, strong), note),
    ]
    if strong:
        panels[3:3] = [
            Panel(
                "Share of the ten largest labels, and of the rest",
                label_charts.label_shares(of_this("label_shares", "place")),
            ),
            Panel(
                "Labels by how long they are heard in all, with their share",
                label_charts.label_bands(of_this("label_bands", "amount_from")),
            ),
        ]
        return [
            Picture(f"strong_label_distribution_{name}_detailed", title, detailed, 1, 700),
            Picture(f"strong_label_distribution_{name}_analysis", title, panels),
        ]
    return [
        Picture(None, title, detailed, 1, 700),
        Picture(f"weak_label_distribution_analysis_{name}", title, panels, 2),
    ]


def _key_figures(row: dict[str, Any]) -> list[tuple[str, str]]:
    strong = is_strong(row["subset"])
    ratio = row["imbalance_ratio"]
    return [
        ("clips", f"{row['clip_count']:,}"),
        ("events" if strong else "labels given", f"{row['event_count']:,}"),
        ("labels", f"{row['label_count']:,}"),
        ("hours of events" if strong else "hours of clips", f"{row['hours']:,.1f}"),
        ("imbalance", "none" if ratio is None else f"{ratio:,.0f} : 1"),
    ]


def _weak_comparison(
    connection: duckdb.DuckDBPyConnection, key_figures: Rows, title: str
) -> list[Picture]:
    labels = fetch_rows(
        connection,
        """
        select label_amounts.*, weak_label_comparison.rank as overall_rank
        from main.label_amounts
        inner join main.weak_label_comparison using (label_id)
        where not main.is_strong_subset(subset)
        order by main.subset_place(subset), label_amounts.rank
        """,
    )
    panels = [
        Panel(
            f"The share of the {FEW} labels of most clips",
            label_charts.share_comparison(labels, FEW),
            height=None,
        ),
        Panel(
            "How few labels make up most of a set",
            label_charts.coverage_comparison(labels),
            height=400,
        ),
        Panel("All labels by rank", label_charts.rank_comparison(labels)),
        Panel("Clips of each subset", label_charts.subset_bars(key_figures), height=180),
    ]
    return [Picture("weak_label_distribution_analysis", title, panels, 2)]


def _target_section(connection: duckdb.DuckDBPyConnection, name: str, top: int) -> Section:
    schema = identifier(name)
    title = target_title(connection, name)
    return Section(
        f"Target {title}",
        partial(_target_pictures, connection, name, top),
        {
            f"target_{name}_counts": f"from {schema}.subset_counts",
            f"target_{name}_overlap": (
                f"from {schema}.positive_overlaps order by subset, label_id nulls first, overlap"
            ),
            f"target_{name}_overlapping_labels": (
                f"from {schema}.overlapping_labels order by subset, rank"
            ),
            f"target_{name}_overlap_matrix": (
                f"from {schema}.label_overlaps order by subset, other_rank, label_id"
            ),
            f"target_{name}_durations": f"from {schema}.duration_stats order by subset, unit",
            f"target_{name}_composition": f"from {schema}.sample_counts",
            f"target_{name}_composition_labels": (
                f"from {schema}.sample_label_shares order by split desc, role, rank"
            ),
            f"target_{name}_label_weights": f"from {schema}.label_weights order by pool, rank",
        }
        | (
            {}
            if read_state(connection).is_live
            else {f"target_{name}_epoch_coverage": f"from {schema}.{EPOCH}"}
        ),
        " ".join(target_warnings(connection, name)),
        _target_figures(connection, name),
        f"Target {name}, samples",
    )


def _target_pictures(connection: duckdb.DuckDBPyConnection, name: str, top: int) -> list[Picture]:
    drawn = [*_sample_pictures(connection, name, top), *_event_pictures(connection, name, top)]
    return [picture for picture in drawn if picture.panels]


def _event_pictures(connection: duckdb.DuckDBPyConnection, name: str, top: int) -> list[Picture]:
    """What else is heard during the events of a target, and how long they are."""
    schema = identifier(name)

    def of_target(relation: str, order: str) -> dict[str, Rows]:
        """Rows by data set, as far as it has events of the target."""
        strong = ("strong_train", "strong_eval", "strong_eval_framed")
        rows: dict[str, Rows] = {subset: [] for subset in strong}
        for row in fetch_rows(connection, f"from {schema}.{relation} order by {order}"):
            rows[row["subset"]].append(row)
        return {subset: rows[subset] for subset in rows if rows[subset]}

    overlaps = of_target("positive_overlaps", "label_id nulls first, overlap")
    others = of_target("overlapping_labels", "rank")
    bins = of_target("duration_histogram", "seconds_from")
    stats = of_target("duration_stats", "unit")
    few = min(FEW, top)
    matrix = of_target("label_overlaps", "other_rank, label_id")
    return [
        Picture(
            f"target_{name}_overlap",
            f"{name}: is anything else heard during its events?",
            [
                Panel(f"{subset}: alone or overlapped", target_charts.overlap(rows), height=None)
                for subset, rows in overlaps.items()
            ],
        ),
        Picture(
            f"target_{name}_overlapping_labels",
            f"{name}: what else is heard during its events",
            [
                Panel(
                    f"{subset}: sounds that overlap it",
                    target_charts.overlapping_labels(rows, few),
                    "An event counts once for each of them.",
                    height=None,
                )
                for subset, rows in others.items()
            ],
        ),
        Picture(
            f"target_{name}_overlap_matrix",
            f"{name}: what else is heard during events of each of its labels",
            [
                Panel(
                    f"{subset}: overlapped events by label",
                    target_charts.overlap_matrix(rows, few),
                    height=None,
                )
                for subset, rows in matrix.items()
            ],
            width=300,
        ),
        Picture(
            f"target_{name}_durations",
            f"{name}: how long its events are, and the windows that are cut from them",
            [
                Panel(
                    f"{subset}: {stat['unit']}s",
                    target_charts.durations(
                        [row for row in bins[subset] if row["unit"] == stat["unit"]], [stat]
                    ),
                    f"The median, {stat['median_seconds']:.3f} s, is dashed.",
                    height=180,
                )
                for subset, found in stats.items()
                for stat in found
            ],
            columns=2,
        ),
    ]


def _target_figures(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str]]:
    """Samples by role and split, and how many there would be if their audio were there."""
    counts = f"{identifier(name)}.sample_counts"
    rows = fetch_rows(
        connection,
        f"""
        select role, split, cast(sum(sample_count) as bigint) as sample_count
        from {counts}
        where reason is null
        group by role, split
        order by split desc, role
        """,
    )
    figures = [
        (f"{row['role'].replace('_negative', ' neg.')}, {row['split']}", f"{row['sample_count']:,}")
        for row in rows
    ]
    if has_inventory(connection):
        ((missing,),) = connection.execute(
            f"select coalesce(sum(sample_count) filter (where starts_with(reason, 'audio_')), 0)"
            f" from {counts}"
        ).fetchall()
        figures.append(("without audio", f"{missing:,}"))
    return figures


def _sample_pictures(connection: duckdb.DuckDBPyConnection, name: str, top: int) -> list[Picture]:
    """What training reads of a target: its samples, the pools of its negatives, an epoch."""
    schema = identifier(name)
    few = min(FEW, top)
    # As high as the bars beside them.
    tall = max(260, 20 * few)

    def grouped(query: str, *columns: str) -> dict[str, Rows]:
        """Rows by what columns of them say, in words."""
        groups: dict[str, Rows] = {}
        for row in fetch_rows(connection, query):
            words = " ".join(row[column].replace("_", " ") for column in columns)
            groups.setdefault(words, []).append(row)
        return groups

    kept = fetch_rows(connection, f"from {schema}.sample_counts where reason is null")
    outcomes = grouped(f"from {schema}.sample_outcomes order by split desc, role, rank", "split")
    labels = grouped(
        f"from {schema}.sample_label_shares order by split desc, role, rank", "split", "role"
    )
    weights = grouped(f"from {schema}.label_weights order by pool, rank", "pool")
    tiers = grouped(f"from {schema}.tier_shares order by pool, place, tier", "pool")
    # A plan of a live catalog would read all files again and again, as the sampler says.
    seen = (
        {}
        if read_state(connection).is_live
        else grouped(
            f"""
            select
                *,
                max(first_batch) over (partition by pool) as last_batch,
                count(*) filter (where first_batch is null) over (partition by pool) as unseen
            from {schema}.{EPOCH}
            where expected_draw_count is not null
            order by pool, rank
            """,
            "pool",
        )
    )
    composition = [
        Panel(
            f"{split}: samples kept, and excluded for what",
            sample_charts.sample_outcomes(rows),
            _HOW_TO_READ_FATES,
            height=None,
        )
        for split, rows in outcomes.items()
    ]
    if kept:
        composition.insert(
            0,
            Panel("Samples by role and subset", sample_charts.sample_bars(kept), height=None),
        )
    return [
        Picture(
            f"target_{name}_composition",
            f"{name}: the samples of training and evaluation",
            composition,
        ),
        Picture(
            f"target_{name}_composition_labels",
            f"{name}: what is heard in its samples",
            [
                Panel(
                    f"{words}s: the most frequent labels",
                    sample_charts.sample_labels(rows, few),
                    "A sample counts under each of its labels.",
                    height=None,
                )
                for words, rows in labels.items()
            ],
        ),
        Picture(
            f"target_{name}_label_weights",
            f"{name}: how often the labels of the negatives are drawn",
            [
                panel
                for pool, rows in weights.items()
                for panel in (
                    Panel(
                        f"{pool}s: what the tiers have",
                        sample_charts.tier_shares(tiers[pool]),
                        height=120,
                    ),
                    Panel(
                        f"{pool}s: weights of all labels",
                        sample_charts.label_weights(rows),
                        "The grey line: their shares in the samples.",
                        height=tall,
                    ),
                    Panel(
                        f"{pool}s: weights of the most frequent labels",
                        sample_charts.weight_bars(rows, few),
                        "Bars of tier B are hollow.",
                        height=None,
                    ),
                )
            ],
        ),
        Picture(
            f"target_{name}_epoch_coverage",
            f"{name}: an epoch in batches of {BATCH_SIZE} (the first, seed 0)",
            [
                Panel(
                    "Labels that an epoch has drawn, batch by batch",
                    sample_charts.labels_seen([row for rows in seen.values() for row in rows]),
                    " ".join(_when_seen(pool, rows[0]) for pool, rows in seen.items()),
                ),
                *(
                    Panel(
                        f"{pool}s: draws of an epoch, and by weight",
                        sample_charts.draws(rows),
                        "Above the grey line: drawn more often than by weight.",
                    )
                    for pool, rows in seen.items()
                ),
            ]
            if seen
            else [],
        ),
    ]


def _when_seen(pool: str, row: dict[str, Any]) -> str:
    if row["unseen"]:
        return f"{pool.capitalize()}s: {row['unseen']:,} are never drawn."
    return f"{pool.capitalize()}s: all by batch {row['last_batch']:,}."
