"""The text files that users of other AudioSet tools know, written from the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from audioset_duck.catalog.state import parse_targets, read_state, require_target
from audioset_duck.filesystem import atomic_write, exclusive_folder
from audioset_duck.progress import progress
from audioset_duck.sources.writers import write_strong, write_weak
from audioset_duck.sqltext import glob_literal, identifier, literal

STRONG_FILES = {
    "strong_train": "audioset_train_strong",
    "strong_eval": "audioset_eval_strong",
    "strong_eval_framed": "audioset_eval_strong_framed_posneg",
}
WEAK_FILES = {
    "weak_unbalanced_train": "unbalanced_train_segments",
    "weak_balanced_train": "balanced_train_segments",
    "weak_eval": "eval_segments",
}


@dataclass(frozen=True)
class _File:
    path: Path
    query: str
    is_weak: bool = False


def export_target(connection: duckdb.DuckDBPyConnection, name: str, out: Path) -> list[Path]:
    """Write the events, windows and negatives of a target as files of the official formats.

    Events and windows are written in the order of the source file, to `NAME/raw/{pos,neg_strong,
    neg_weak}` and `NAME/seg1s/{pos,neg_strong}` (or seg0.5s, …, by the clip length). The samples go
    to `NAME/processed/metadata.parquet` and `.csv`, and what they are drawn by to
    `label_mappings.json`, its numbers being rows of the metadata. Each file is written beside its
    place and moved there. There are no files of data sets that the catalog has no source of.

    Returns:
        The files.

    Raises:
        AudiosetDuckError: The target is not in the catalog, the folder cannot be made, or another
            export to it is under way.
        OSError: A file cannot be written.
    """
    require_target(connection, name)
    window_seconds = parse_targets(read_state(connection))[name].window_seconds
    files = list(_files(connection, name, out / name, window_seconds))
    with exclusive_folder(out / name, "export", "name another folder with --out"):
        for file in progress(files, name="export", unit="file"):
            file.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(file.path) as part:
                if file.is_weak:
                    write_weak(connection, file.query, part, f"weak negatives of {name}")
                else:
                    write_strong(connection, file.query, part)
        return [file.path for file in files] + _export_samples(connection, name, out / name)


def _export_samples(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> list[Path]:
    """Write the samples of the train split, as the older pipeline's training reads them."""
    processed = folder / "processed"
    processed.mkdir(parents=True, exist_ok=True)
    samples = f"""
        select
            clip_id,
            cast(start_seconds as double) as start_time,
            cast(end_seconds as double) as end_time,
            coalesce(label_id, array_to_string(label_ids, ',')) as label,
            role = 'positive' as is_positive,
            case role
                when 'positive' then []
                when 'strong_negative' then [label_id]
                else label_ids
            end as labels,
            if(role = 'weak_negative', 'weak', 'strong') as data_type,
            case subset
                when 'strong_train' then 'audioset_train_strong.tsv'
                when 'weak_unbalanced_train' then 'unbalanced_train_segments.csv'
                else 'balanced_train_segments.csv'
            end as source_file,
            audio_path,
            sample_key
        from {identifier(name)}.samples
        where split = 'train'
        order by sample_id
    """
    parquet, csv, mappings = (
        processed / file for file in ("metadata.parquet", "metadata.csv", "label_mappings.json")
    )
    with atomic_write(parquet) as part:
        connection.execute(f"copy ({samples}) to {literal(str(part))} (format parquet)")
    with atomic_write(csv) as part:
        # Lists as people read them.
        columns = "* replace (array_to_string(labels, ',') as labels)"
        connection.execute(
            f"copy (select {columns} from read_parquet({glob_literal(parquet)}))"
            f" to {literal(str(part))} (format csv, header)"
        )
    with atomic_write(mappings) as part:
        connection.execute(
            f"""
            copy (
                with labels as (
                    select
                        pool,
                        label_id,
                        any_value(weight) as weight,
                        list(sample_id order by sample_id) as sample_ids
                    from {identifier(name)}.pool_members
                    inner join {identifier(name)}.label_pools using (pool, label_id)
                    group by all
                )

                select
                    map_from_entries(list((label_id, sample_ids) order by label_id) filter (
                        pool = 'strong_negative'
                    )) as strong_neg_map,
                    map_from_entries(list((label_id, sample_ids) order by label_id) filter (
                        pool = 'weak_negative'
                    )) as weak_neg_map,
                    list(label_id order by label_id) filter (pool = 'strong_negative')
                        as strong_labels,
                    list(weight order by label_id) filter (pool = 'strong_negative')
                        as strong_probs,
                    list(label_id order by label_id) filter (pool = 'weak_negative')
                        as weak_labels,
                    list(weight order by label_id) filter (pool = 'weak_negative')
                        as weak_probs
                from labels
            ) to {literal(str(part))} (format json)
            """
        )
    return [parquet, csv, mappings]


def _files(
    connection: duckdb.DuckDBPyConnection, name: str, folder: Path, window_seconds: Decimal
) -> Iterator[_File]:
    windows_folder = f"seg{window_seconds.normalize():f}s"
    loaded = {
        file.split(".")[0]
        for (file,) in connection.execute("select file from meta.sources").fetchall()
    }
    for subset, stem in STRONG_FILES.items():
        if stem not in loaded:
            continue
        for relation, kind in (("events", "raw"), ("windows", windows_folder)):
            for prefix, role, is_overlapped in (
                ("pos/{}_nov_", "positive", "false"),
                ("pos/{}_ov_", "positive", "true"),
                ("neg_strong/{}_", "strong_negative", "null"),
            ):
                path = folder / kind / f"{prefix.format(name)}{stem}.tsv"
                yield _File(path, _strong_query(name, relation, subset, role, is_overlapped))
    for subset, stem in WEAK_FILES.items():
        if stem in loaded:
            path = folder / "raw" / "neg_weak" / f"{name}_neg_weak_{stem}.csv"
            yield _File(path, _weak_query(name, subset), is_weak=True)


def _strong_query(name: str, relation: str, subset: str, role: str, is_overlapped: str) -> str:
    present = ", 'PRESENT' as present" if subset == "strong_eval_framed" else ""
    order = "event_id, window_index" if relation == "windows" else "event_id"
    return f"""
        select
            clip_id as segment_id,
            start_seconds as start_time_seconds,
            end_seconds as end_time_seconds,
            label_id as label{present}
        from {identifier(name)}.{relation}
        where
            subset = {literal(subset)}
            and role = {literal(role)}
            and is_overlapped is not distinct from {is_overlapped}
        order by {order}
    """


def _weak_query(name: str, subset: str) -> str:
    return f"""
        with numbered as (
            select clip_id, row_number() over () as event_id
            from main.weak_clips
            where subset = {literal(subset)}
        ),

        placed as (select clip_id, min(event_id) as event_id from numbered group by clip_id)

        select
            negatives.ytid,
            negatives.video_start_seconds as start_seconds,
            negatives.video_end_seconds as end_seconds,
            negatives.label_ids
        from {identifier(name)}.weak_negatives as negatives
        inner join placed on negatives.clip_id = placed.clip_id
        where negatives.subset = {literal(subset)}
        order by placed.event_id, negatives.label_ids
    """
