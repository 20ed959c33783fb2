"""The samples of a split as flat arrays in shared memory, which workers do not copy."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch

from audioset_duck.catalog.connection import ALIAS
from audioset_duck.catalog.models import milliseconds, render_query, windows_schema
from audioset_duck.catalog.state import built_target, read_state
from audioset_duck.training.arrays import (
    StringColumn,
    digest,
    file_parts,
    parts_of,
    string_column,
    tensor,
)

DEFAULT_ROLES = ("positive", "strong_negative", "weak_negative")
ROLES = (*DEFAULT_ROLES, "weak_positive")
# The roles whose samples are clips, of which a crop is read.
_FIRST_CLIP_ROLE = ROLES.index("weak_negative")
_POSITIVE_ROLES = [ROLES.index("positive"), ROLES.index("weak_positive")]


@dataclass(frozen=True)
class SampleTable:
    """The samples of a split, in the order of their sample_id.

    The arrays are torch tensors, which worker processes get in shared memory.

    Attributes:
        sample_ids: int32, (n,), ascending.
        roles: int8, (n,): indices into `ROLES`.
        clip_of: int32, (n,): row of the clip of a sample in `clips`, `paths` and `label_starts`.
        start_ms: Start of the window in the audio, in milliseconds: int32, (n,).
        end_ms: End of it, exclusive; of a weak clip, its length: int32, (n,).
        event_id: Number of its event in the source file; -1 for a weak clip: int32, (n,).
        window_index: Number of its window in the event; -1 for a weak clip: int16, (n,).
        label_starts: int32, (n_clips + 1,): where the labels of a clip begin in the next three.
        label_start_ms: int32: when a label of a clip becomes active, in milliseconds.
        label_end_ms: int32: when it is no longer active.
        label_columns: int16: indices into `label_ids`.
        label_ids: The labels of events and weak clips, in the order of the label mask.
        clips: `SUBSET/CLIP_ID`.
        paths: Paths of the audio files; empty without an inventory of audio.
        parts: Offset and number of the bytes of a clip's audio in its file, -1 if it is the whole
            file: int64, (n_clips, 2). None if all audio is whole files.
    """

    sample_ids: torch.Tensor
    roles: torch.Tensor
    clip_of: torch.Tensor
    start_ms: torch.Tensor
    end_ms: torch.Tensor
    event_id: torch.Tensor
    window_index: torch.Tensor
    label_starts: torch.Tensor
    label_start_ms: torch.Tensor
    label_end_ms: torch.Tensor
    label_columns: torch.Tensor
    label_ids: list[str]
    clips: StringColumn
    paths: StringColumn
    parts: torch.Tensor | None

    def __len__(self) -> int:
        return len(self.sample_ids)

    def rows_of(self, sample_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The rows of samples; -1 for ids that are not among them."""
        own = self.sample_ids.numpy()
        rows = np.searchsorted(own, sample_ids)
        is_found = own[np.minimum(rows, len(own) - 1)] == sample_ids
        return np.where(is_found, rows, -1)

    def paths_of(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The audio files of the given rows."""
        return self.paths.take(self.clip_of.numpy()[rows])

    def parts_of(self, rows: npt.NDArray[np.int64]) -> list[tuple[int | None, int | None]]:
        """Offset and number of bytes of the audio in the files of the given rows."""
        return parts_of(self.parts, self.clip_of.numpy()[rows])

    def keys_of(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The sample keys of the given rows."""
        clips = self.clips.take(self.clip_of.numpy()[rows])
        events = self.event_id.numpy()[rows].tolist()
        windows = self.window_index.numpy()[rows].tolist()
        return [
            clip if event < 0 else f"{clip}/{event}.{window}"
            for clip, event, window in zip(clips, events, windows, strict=True)
        ]

    def labels_of(self, rows: npt.NDArray[np.int64]) -> torch.Tensor:
        """The labels of the given rows: float32, (len(rows),), 1 for positives, 0 for negatives."""
        return torch.from_numpy(np.isin(self.roles.numpy()[rows], _POSITIVE_ROLES)).float()

    def masks_of(self, rows: npt.NDArray[np.int64]) -> torch.Tensor:
        """The label masks of the given rows: float32, (len(rows), n_labels), 0 or 1.

        A label is in the mask if it is active at any moment of the window: `main.active_labels`.
        """
        masks = torch.zeros(len(rows), len(self.label_ids))
        clips = self.clip_of.numpy()[rows]
        starts = self.label_starts.numpy()[clips]
        counts = self.label_starts.numpy()[clips + 1] - starts
        ends = np.cumsum(counts)
        places = np.repeat(starts - (ends - counts), counts) + np.arange(counts.sum())
        owners = np.repeat(np.arange(len(rows)), counts)
        is_active = (self.label_start_ms.numpy()[places] < self.end_ms.numpy()[rows][owners]) & (
            self.label_end_ms.numpy()[places] > self.start_ms.numpy()[rows][owners]
        )
        masks.numpy()[owners[is_active], self.label_columns.numpy()[places[is_active]]] = 1
        return masks

    def are_clips(self, rows: npt.NDArray[np.int64]) -> list[bool]:
        """Whether the given rows are weak clips, of which a crop is read."""
        are_clips: list[bool] = (self.roles.numpy()[rows] >= _FIRST_CLIP_ROLE).tolist()
        return are_clips

    def rows_like(self, row: int) -> npt.NDArray[np.int64]:
        """The rows of the role of a row."""
        return np.flatnonzero(self.roles.numpy() == self.roles.numpy()[row])

    def digest(self) -> str:
        """A hash of the keys, times and audio files of the samples."""
        parts = [] if self.parts is None else [self.parts]
        names = [self.clips.offsets, self.clips.data, self.paths.offsets, self.paths.data]
        times = [self.start_ms, self.end_ms, self.event_id, self.window_index]
        return digest([self.roles, self.clip_of, *times, *names, *parts])


def read_sample_table(
    connection: duckdb.DuckDBPyConnection, target: str, split: str, roles: Sequence[str]
) -> SampleTable:
    """Read the samples of a target's split and roles, without a Python object per row."""
    _, query = render_query(
        "training/dataset_samples", target=target, split=split, roles=ROLES, chosen_roles=roles
    )
    samples = connection.sql(query).to_arrow_table()
    columns = {name: tensor(samples[name]) for name in samples.column_names}
    del samples
    # Clips are numbered in the order of the samples.
    clip_numbers = columns.pop("clip_number").numpy()
    is_new = np.ones(len(clip_numbers), np.bool_)
    np.not_equal(clip_numbers[1:], clip_numbers[:-1], out=is_new[1:])
    clip_of = torch.from_numpy(np.cumsum(is_new, dtype=np.int32) - np.int32(1))
    used = pa.table(
        {
            "clip_number": clip_numbers[is_new],
            "row_index": np.arange(is_new.sum(), dtype=np.int32),
        }
    )
    # At the same time, since parts of both run on one core.
    with ThreadPoolExecutor(max_workers=1) as pool:
        reading_labels = pool.submit(_read_labels, connection, used)
        clips, paths, parts = _read_clips(connection, used)
        label_starts, label_start_ms, label_end_ms, label_columns = reading_labels.result()
    label_ids = read_label_ids(connection)
    return SampleTable(
        columns["sample_id"].int(),
        columns["role"],
        clip_of,
        columns["start_ms"],
        columns["end_ms"],
        columns["event_id"],
        columns["window_index"],
        label_starts,
        label_start_ms,
        label_end_ms,
        label_columns,
        label_ids,
        clips,
        paths,
        parts,
    )


def read_label_ids(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Read the MIDs of the columns of a label mask, in their order."""
    return [
        label_id
        for (label_id,) in connection.execute(
            "select label_id from main.labels where label_index is not null order by label_index"
        ).fetchall()
    ]


def catalog_id(connection: duckdb.DuckDBPyConnection, target: str) -> str:
    """A hash that differs between catalogs with different samples or plans of a target.

    A live catalog has no plans, and its samples follow its files: its hash is `live`.
    """
    if read_state(connection).is_live:
        return "live"
    window_ms = milliseconds(built_target(connection, target).window_seconds)
    _, query = render_query(
        "training/catalog_id", target=target, windows_schema=windows_schema(window_ms)
    )
    ((digest,),) = connection.execute(query).fetchall()
    return str(digest)


def _read_of_clips(
    connection: duckdb.DuckDBPyConnection, name: str, used_clips: pa.Table
) -> pa.Table:
    """Ask a query of `sql/training/` about clips: their numbers, and the indices of their rows."""
    _, query = render_query(f"training/{name}")
    with connection.cursor() as cursor:
        cursor.execute(f"use {ALIAS}")
        cursor.register("used_clips", used_clips)
        return cursor.sql(query).to_arrow_table()


def _read_labels(
    connection: duckdb.DuckDBPyConnection, used_clips: pa.Table
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The labels of clips: where each clip's begin, and start, end and column of each."""
    labels = _read_of_clips(connection, "dataset_labels", used_clips)
    starts = np.zeros(len(used_clips) + 1, np.int32)
    counts = np.bincount(np.asarray(labels["row_index"]), minlength=len(used_clips))
    np.cumsum(counts, out=starts[1:])
    limits = np.iinfo(np.int32)
    # A label without times is active throughout.
    return (
        torch.from_numpy(starts),
        tensor(pc.fill_null(labels["start_ms"], pa.scalar(limits.min, pa.int32()))),
        tensor(pc.fill_null(labels["end_ms"], pa.scalar(limits.max, pa.int32()))),
        tensor(labels["label_index"]),
    )


def _read_clips(
    connection: duckdb.DuckDBPyConnection, used_clips: pa.Table
) -> tuple[StringColumn, StringColumn, torch.Tensor | None]:
    """The names and audio files of clips, in their order, and which parts of the files they are."""
    clips = _read_of_clips(connection, "dataset_clips", used_clips)
    return string_column(clips["clip"]), string_column(clips["audio_path"]), file_parts(clips)
