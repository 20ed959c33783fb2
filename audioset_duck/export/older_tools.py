"""The text files that users of other AudioSet tools know, written from the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
from tqdm import tqdm

from audioset_duck.catalog.state import kept_targets, read_state, require_target
from audioset_duck.filesystem import alone_in, replacing
from audioset_duck.sources.writers import write_strong, write_weak
from audioset_duck.sqltext import glob_literal, identifier, literal

STRONG_FILES = {
    "train": "audioset_train_strong",
    "eval": "audioset_eval_strong",
    "eval_framed": "audioset_eval_strong_framed_posneg",
}
WEAK_FILES = {
    "unbalanced_train": "unbalanced_train_segments",
    "balanced_train": "balanced_train_segments",
    "eval": "eval_segments",
}


@dataclass(frozen=True)
class _File:
    path: Path
    query: str
    is_weak: bool = False


def export_target(
    connection: duckdb.DuckDBPyConnection, name: str, out: Path, *, quiet: bool = False
) -> list[Path]:
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
    clip_length = kept_targets(read_state(connection))[name].clip_length
    files = list(_files(connection, name, out / name, clip_length))
    with alone_in(out / name, "export", "name another folder with --out"):
        for file in tqdm(
            files, desc="export", unit="file", delay=1, leave=False, disable=quiet or None
        ):
            file.path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(file.path) as part:
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
            case dataset
                when 'train' then {literal(STRONG_FILES["train"] + ".tsv")}
                when 'unbalanced_train' then {literal(WEAK_FILES["unbalanced_train"] + ".csv")}
                else {literal(WEAK_FILES["balanced_train"] + ".csv")}
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
    with replacing(parquet) as part:
        connection.execute(f"copy ({samples}) to {literal(str(part))} (format parquet)")
    with replacing(csv) as part:
        # Lists as people read them.
        columns = "* replace (array_to_string(labels, ',') as labels)"
        connection.execute(
            f"copy (select {columns} from read_parquet({glob_literal(parquet)}))"
            f" to {literal(str(part))} (format csv, header)"
        )
    with replacing(mappings) as part:
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
    connection: duckdb.DuckDBPyConnection, name: str, folder: Path, clip_length: Decimal
) -> Iterator[_File]:
    segments = f"seg{clip_length.normalize():f}s"
    loaded = {
        file.split(".")[0]
        for (file,) in connection.execute("select file from meta.sources").fetchall()
    }
    for dataset, stem in STRONG_FILES.items():
        if stem not in loaded:
            continue
        for relation, kind in (("events", "raw"), ("segments", segments)):
            for prefix, role, is_overlapped in (
                ("pos/{}_nov_", "positive", "false"),
                ("pos/{}_ov_", "positive", "true"),
                ("neg_strong/{}_", "strong_negative", "null"),
            ):
                path = folder / kind / f"{prefix.format(name)}{stem}.tsv"
                yield _File(path, _strong_query(name, relation, dataset, role, is_overlapped))
    for dataset, stem in WEAK_FILES.items():
        if stem in loaded:
            path = folder / "raw" / "neg_weak" / f"{name}_neg_weak_{stem}.csv"
            yield _File(path, _weak_query(name, dataset), is_weak=True)


def _strong_query(name: str, relation: str, dataset: str, role: str, is_overlapped: str) -> str:
    present = ", 'PRESENT' as present" if dataset == "eval_framed" else ""
    order = "source_row, segment_index" if relation == "segments" else "source_row"
    return f"""
        select
            clip_id as segment_id,
            start_seconds as start_time_seconds,
            end_seconds as end_time_seconds,
            label_id as label{present}
        from {identifier(name)}.{relation}
        where
            dataset = {literal(dataset)}
            and role = {literal(role)}
            and is_overlapped is not distinct from {is_overlapped}
        order by {order}
    """


def _weak_query(name: str, dataset: str) -> str:
    return f"""
        with numbered as (
            select clip_id, row_number() over () as source_row
            from main.weak_clips
            where dataset = {literal(dataset)}
        ),

        placed as (select clip_id, min(source_row) as source_row from numbered group by clip_id)

        select
            negatives.ytid,
            negatives.video_start_seconds as start_seconds,
            negatives.video_end_seconds as end_seconds,
            negatives.label_ids
        from {identifier(name)}.weak_negatives as negatives
        inner join placed on negatives.clip_id = placed.clip_id
        where negatives.dataset = {literal(dataset)}
        order by placed.source_row, negatives.label_ids
    """
