"""The samples of a split as flat arrays, which worker processes share instead of copying."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch

from audioset_duck.models import identifier, literal

ROLES = ("positive", "strong_negative", "weak_negative")
_ROWS_A_BATCH = 100_000


@dataclass(frozen=True)
class Texts:
    """Texts in one buffer: text i is at [offsets[i], offsets[i + 1]), in UTF-8.

    Attributes:
        offsets: int64, (n + 1,).
        data: uint8.
    """

    offsets: torch.Tensor
    data: torch.Tensor

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> str:
        start, end = self.offsets[index : index + 2].tolist()
        return self.data[start:end].numpy().tobytes().decode()


@dataclass(frozen=True)
class Columns:
    """The samples of a split: row i is the sample with the id `first_id` + i.

    Torch holds the arrays, since it hands them to worker processes in shared memory.

    Attributes:
        first_id: The sample_id of row 0.
        role_ends: Where each of `ROLES` ends: the rows of a role stand together.
        clip_of: Row of the sample's clip in `clips` and `paths`: int32, (n,).
        start_ms: Start of the window in the audio, in milliseconds: int32, (n,).
        end_ms: End of it, exclusive; of a weak clip, its length: int32, (n,).
        source_row: Number of its event in the source file; -1 for a weak clip: int32, (n,).
        segment_index: Number of its window in the event; -1 for a weak clip: int16, (n,).
        label_starts: Where the labels of a sample begin in `labels`: int32, (n,).
        label_counts: How many they are: int16, (n,).
        labels: Indices in `label_ids`: int16.
        label_ids: The labels that samples of the target carry, in the order of the label mask.
        clips: `DATASET/CLIP_ID`.
        paths: Paths of the audio files; empty if the catalog knows of none.
    """

    first_id: int
    role_ends: tuple[int, ...]
    clip_of: torch.Tensor
    start_ms: torch.Tensor
    end_ms: torch.Tensor
    source_row: torch.Tensor
    segment_index: torch.Tensor
    label_starts: torch.Tensor
    label_counts: torch.Tensor
    labels: torch.Tensor
    label_ids: list[str]
    clips: Texts
    paths: Texts

    def __len__(self) -> int:
        return len(self.clip_of)

    def role_of(self, row: int) -> str:
        """One of `ROLES`."""
        return ROLES[bisect.bisect_right(self.role_ends, row)]

    def role_rows(self, role: str) -> range:
        """The rows of a role."""
        index = ROLES.index(role)
        return range(self.role_ends[index - 1] if index else 0, self.role_ends[index])


def read_columns(connection: duckdb.DuckDBPyConnection, target: str, split: str) -> Columns:
    """Read the samples of a target's split, in batches: no Python object is made for a row."""
    schema = identifier(target)
    spans = f"(from {schema}.sample_spans where split = {literal(split)})"
    ((first_id, first_clip, label_count, *role_counts),) = connection.execute(f"""
        select
            coalesce(min(sample_id), 0),
            (
                select coalesce(min(clip_number), 0)
                from {schema}.sample_clips
                where split = {literal(split)}
            ),
            cast(coalesce(sum(len(label_ids)), 0) as bigint),
            {", ".join(f"count(*) filter (where role = {literal(role)})" for role in ROLES)}
        from {spans}
    """).fetchall()
    count = sum(role_counts)
    label_ids = [
        label_id
        for (label_id,) in connection.execute(
            f"select label_id from {schema}.sample_labels order by label_index"
        ).fetchall()
    ]
    clip_of, start_ms, end_ms, source_row, label_starts = (
        torch.empty(count, dtype=torch.int32) for _ in range(5)
    )
    segment_index, label_counts = (torch.empty(count, dtype=torch.int16) for _ in range(2))
    labels = torch.empty(label_count, dtype=torch.int16)
    values = pa.array(label_ids, pa.string())
    filled = 0
    for batch in _batches(
        connection,
        f"""
        select
            sample_id - {first_id} as row,
            cast(clip_number - {first_clip} as integer) as clip,
            cast(start_seconds * 1000 as integer) as start_ms,
            cast(end_seconds * 1000 as integer) as end_ms,
            cast(coalesce(source_row, -1) as integer) as source_row,
            cast(coalesce(segment_index, -1) as smallint) as segment_index,
            cast(len(label_ids) as integer) as label_count,
            label_ids
        from {spans}
        """,
    ):
        rows = _numpy(batch["row"])
        # Rows come in any order: each goes to the place that its number names.
        for column, name in (
            (clip_of, "clip"),
            (start_ms, "start_ms"),
            (end_ms, "end_ms"),
            (source_row, "source_row"),
            (segment_index, "segment_index"),
            (label_counts, "label_count"),
        ):
            column.numpy()[rows] = _numpy(batch[name])
        counts = _numpy(batch["label_count"])
        label_starts.numpy()[rows] = filled + np.cumsum(counts) - counts
        flat = _numpy(pc.index_in(batch["label_ids"].flatten(), values))
        labels.numpy()[filled : filled + len(flat)] = flat
        filled += len(flat)
    clips, paths = _read_clips(connection, schema, split)
    return Columns(
        first_id,
        tuple(np.cumsum(role_counts).tolist()),
        clip_of,
        start_ms,
        end_ms,
        source_row,
        segment_index,
        label_starts,
        label_counts,
        labels,
        label_ids,
        clips,
        paths,
    )


def catalog_id(connection: duckdb.DuckDBPyConnection, target: str) -> str:
    """What tells two catalogs apart in which a target's samples, or the plans of them, differ."""
    schema = identifier(target)
    ((digest,),) = connection.execute(f"""
        select md5(concat_ws(
            ':',
            (
                select sum((member_id + 1) * shuffle_key::hugeint + crop_ms)
                from {schema}.pool_members
            ),
            (select sum(sample_id::hugeint * shuffle_key) from {schema}.sample_spans),
            (select count(*) from {schema}.sample_spans),
            (
                select string_agg(
                    concat_ws(':', pool, label_id, sample_count, tier), ',' order by pool, label_id
                )
                from {schema}.label_pools
            ),
            (
                select configuration->'targets'->{literal(target)}
                from meta.builds
                order by rowid desc
                limit 1
            )
        ))
    """).fetchall()
    return str(digest)


def _read_clips(
    connection: duckdb.DuckDBPyConnection, schema: str, split: str
) -> tuple[Texts, Texts]:
    """The names and the audio files of a split's clips, in the order of their numbers."""
    table = connection.sql(f"""
        select dataset || '/' || clip_id as clip, coalesce(audio_path, '') as path
        from {schema}.sample_clips
        where split = {literal(split)}
        order by clip_number
    """).to_arrow_table()
    return _texts(table["clip"]), _texts(table["path"])


def _texts(column: pa.ChunkedArray) -> Texts:
    lengths = _numpy(pc.binary_length(column))
    offsets = torch.zeros(len(column) + 1, dtype=torch.int64)
    np.cumsum(lengths, out=offsets.numpy()[1:])
    data = torch.empty(int(offsets[-1]), dtype=torch.uint8)
    filled = 0
    for chunk in column.chunks:
        _, offset_buffer, data_buffer = chunk.buffers()
        ends = np.frombuffer(offset_buffer, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        if len(chunk) and ends[-1] > ends[0]:
            size = int(ends[-1] - ends[0])
            data.numpy()[filled : filled + size] = np.frombuffer(
                data_buffer, np.uint8, size, int(ends[0])
            )
            filled += size
    return Texts(offsets, data)


def _batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    yield from connection.sql(query).to_arrow_reader(_ROWS_A_BATCH)


def _numpy(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.generic]:
    return np.asarray(column)
