"""The samples of a split as flat arrays in shared memory, which workers do not copy."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch

from audioset_duck.sqltext import identifier, literal

ROLES = ("positive", "strong_negative", "weak_negative")
_ROWS_A_BATCH = 20_000


@dataclass(frozen=True)
class StringColumn:
    """Strings in one buffer: string i is at [offsets[i], offsets[i + 1]), in UTF-8.

    Attributes:
        offsets: int64, (n + 1,).
        data: uint8.
    """

    offsets: torch.Tensor
    data: torch.Tensor

    def take(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The strings of the given rows."""
        offsets, data = self.offsets.numpy(), self.data.numpy()
        starts, ends = offsets[rows].tolist(), offsets[rows + 1].tolist()
        return [data[start:end].tobytes().decode() for start, end in zip(starts, ends, strict=True)]

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True)
class SampleTable:
    """The samples of a split: row i is the sample with the id `first_id` + i.

    The arrays are torch tensors, which worker processes get in shared memory.

    Attributes:
        first_id: The sample_id of row 0.
        role_ends: End of the rows of each of `ROLES`, which are consecutive.
        clip_of: int32, (n,): row of the clip of a sample in `clips` and `paths`.
        start_ms: Start of the window in the audio, in milliseconds: int32, (n,).
        end_ms: End of it, exclusive; of a weak clip, its length: int32, (n,).
        event_id: Number of its event in the source file; -1 for a weak clip: int32, (n,).
        window_index: Number of its window in the event; -1 for a weak clip: int16, (n,).
        label_starts: int32, (n,): start of the labels of a sample in `labels`.
        label_counts: int16, (n,): number of the labels of a sample.
        labels: int16: indices into `label_ids`.
        label_ids: The labels of events and weak clips, in the order of the label mask.
        clips: `SUBSET/CLIP_ID`.
        paths: Paths of the audio files; empty without an inventory of audio.
    """

    first_id: int
    role_ends: tuple[int, ...]
    clip_of: torch.Tensor
    start_ms: torch.Tensor
    end_ms: torch.Tensor
    event_id: torch.Tensor
    window_index: torch.Tensor
    label_starts: torch.Tensor
    label_counts: torch.Tensor
    labels: torch.Tensor
    label_ids: list[str]
    clips: StringColumn
    paths: StringColumn

    def __len__(self) -> int:
        return len(self.clip_of)

    def paths_of(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The audio files of the given rows."""
        return self.paths.take(self.clip_of.numpy()[rows])

    def keys_of(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The sample keys of the given rows."""
        clips = self.clips.take(self.clip_of.numpy()[rows])
        events = self.event_id.numpy()[rows].tolist()
        windows = self.window_index.numpy()[rows].tolist()
        return [
            clip if event < 0 else f"{clip}/{event}.{window}"
            for clip, event, window in zip(clips, events, windows, strict=True)
        ]

    def masks_of(self, rows: npt.NDArray[np.int64]) -> torch.Tensor:
        """The label masks of the given rows: float32, (len(rows), n_labels), 0 or 1."""
        masks = torch.zeros(len(rows), len(self.label_ids))
        counts = self.label_counts.numpy()[rows]
        ends = np.cumsum(counts)
        places = np.repeat(self.label_starts.numpy()[rows] - (ends - counts), counts)
        columns = self.labels.numpy()[places + np.arange(len(places))]
        masks.numpy()[np.repeat(np.arange(len(rows)), counts), columns] = 1
        return masks

    def role_of(self, row: int) -> str:
        """The role of a row, one of `ROLES`."""
        return ROLES[bisect.bisect_right(self.role_ends, row)]

    def role_rows(self, role: str) -> range:
        """The rows of a role."""
        index = ROLES.index(role)
        return range(self.role_ends[index - 1] if index else 0, self.role_ends[index])


def read_sample_table(
    connection: duckdb.DuckDBPyConnection, target: str, split: str
) -> SampleTable:
    """Read the samples of a target's split in batches, without a Python object per row."""
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
            cast(coalesce(sum(len(label_indices)), 0) as bigint),
            {", ".join(f"count(*) filter (where role = {literal(role)})" for role in ROLES)}
        from {spans}
    """).fetchall()
    count = sum(role_counts)
    label_ids = [
        label_id
        for (label_id,) in connection.execute(
            "select label_id from main.labels where label_index is not null order by label_index"
        ).fetchall()
    ]
    clip_of, start_ms, end_ms, event_id, label_starts = (
        torch.empty(count, dtype=torch.int32) for _ in range(5)
    )
    window_index, label_counts = (torch.empty(count, dtype=torch.int16) for _ in range(2))
    labels = torch.empty(label_count, dtype=torch.int16)
    filled = 0
    for batch in _batches(
        connection,
        f"""
        select
            sample_id - {first_id} as row,
            cast(clip_number - {first_clip} as integer) as clip,
            cast(start_seconds * 1000 as integer) as start_ms,
            cast(end_seconds * 1000 as integer) as end_ms,
            cast(coalesce(event_id, -1) as integer) as event_id,
            cast(coalesce(window_index, -1) as smallint) as window_index,
            cast(len(label_indices) as integer) as label_count,
            label_indices
        from {spans}
        """,
    ):
        rows = _numpy(batch["row"])
        # Rows come in any order; each goes to the position of its number.
        for column, name in (
            (clip_of, "clip"),
            (start_ms, "start_ms"),
            (end_ms, "end_ms"),
            (event_id, "event_id"),
            (window_index, "window_index"),
            (label_counts, "label_count"),
        ):
            column.numpy()[rows] = _numpy(batch[name])
        counts = _numpy(batch["label_count"])
        label_starts.numpy()[rows] = filled + np.cumsum(counts) - counts
        flat = _numpy(batch["label_indices"].flatten())
        labels.numpy()[filled : filled + len(flat)] = flat
        filled += len(flat)
    clips, paths = _read_clips(connection, schema, split, first_clip)
    return SampleTable(
        first_id,
        tuple(np.cumsum(role_counts).tolist()),
        clip_of,
        start_ms,
        end_ms,
        event_id,
        window_index,
        label_starts,
        label_counts,
        labels,
        label_ids,
        clips,
        paths,
    )


def catalog_id(connection: duckdb.DuckDBPyConnection, target: str) -> str:
    """A hash that differs between catalogs with different samples or plans of a target."""
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
    connection: duckdb.DuckDBPyConnection, schema: str, split: str, first_clip: int
) -> tuple[StringColumn, StringColumn]:
    """The names and audio files of the clips of a split, in the order of their numbers."""
    query = f"""
        select
            clip_number - {first_clip} as row,
            subset || '/' || clip_id as clip,
            coalesce(audio_path, '') as path
        from {schema}.sample_clips
        where split = {literal(split)}
    """
    ((count, clip_bytes, path_bytes),) = connection.execute(f"""
        select
            count(*),
            cast(sum(strlen(clip)) as bigint),
            cast(sum(strlen(path)) as bigint)
        from ({query})
    """).fetchall()
    clips, paths = (
        StringColumn(
            torch.zeros(count + 1, dtype=torch.int64), torch.empty(size or 0, dtype=torch.uint8)
        )
        for size in (clip_bytes, path_bytes)
    )
    # Rows come in any order; the lengths come first, to know where each string goes.
    for batch in _batches(connection, query):
        rows = _numpy(batch["row"]) + 1
        clips.offsets.numpy()[rows] = _numpy(pc.binary_length(batch["clip"]))
        paths.offsets.numpy()[rows] = _numpy(pc.binary_length(batch["path"]))
    for texts in (clips, paths):
        np.cumsum(texts.offsets.numpy(), out=texts.offsets.numpy())
    for batch in _batches(connection, query):
        rows = _numpy(batch["row"])
        _place(clips, rows, batch["clip"])
        _place(paths, rows, batch["path"])
    return clips, paths


def _place(texts: StringColumn, rows: npt.NDArray[np.int64], column: pa.StringArray) -> None:
    """Copy the strings of an Arrow array to the positions of their rows."""
    _, offset_buffer, data_buffer = column.buffers()
    begin = column.offset
    offsets = np.frombuffer(offset_buffer, np.int32)[begin : begin + len(column) + 1]
    size = int(offsets[-1] - offsets[0])
    if size:
        data = np.frombuffer(data_buffer, np.uint8, size, int(offsets[0]))
        shifts = texts.offsets.numpy()[rows] - (offsets[:-1] - offsets[0])
        texts.data.numpy()[np.repeat(shifts, np.diff(offsets)) + np.arange(size)] = data


def _batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    yield from connection.sql(query).to_arrow_reader(_ROWS_A_BATCH)


def _numpy(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    return np.asarray(column)
