"""The whole clips of a strong subset as flat arrays in shared memory, and what frames hold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch

from audioset_duck.catalog.models import render_query
from audioset_duck.training.arrays import (
    StringColumn,
    digest,
    file_parts,
    parts_of,
    string_column,
    tensor,
)


@dataclass(frozen=True)
class TimeLists:
    """A list of times for each clip: those of clip i are at [starts[i], starts[i + 1]).

    Attributes:
        starts: int64, (n + 1,).
        start_ms: Where each time begins, in milliseconds: int32.
        end_ms: Where it ends, exclusive: int32.
        label_columns: The index of its label in the label mask, -1 if it has none: int16.
    """

    starts: torch.Tensor
    start_ms: torch.Tensor
    end_ms: torch.Tensor
    label_columns: torch.Tensor

    def of(
        self, row: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int16]]:
        """Starts and ends of a clip's times in microseconds, and the columns of their labels."""
        place = slice(*self.starts.numpy()[row : row + 2].tolist())
        return (
            self.start_ms.numpy()[place].astype(np.int64) * 1000,
            self.end_ms.numpy()[place].astype(np.int64) * 1000,
            self.label_columns.numpy()[place],
        )

    def are_empty(self) -> npt.NDArray[np.bool_]:
        """Whether the list of each clip is empty: bool, (n,)."""
        are_empty: npt.NDArray[np.bool_] = np.diff(self.starts.numpy()) == 0
        return are_empty


@dataclass(frozen=True)
class ClipTable:
    """The clips of a strong subset that have audio, in the order of the catalog.

    Attributes:
        clip_ids: Their ids.
        clip_ms: Their lengths in milliseconds: int32, (n,).
        paths: Paths of the audio files.
        parts: Offset and number of the bytes of a clip's audio in its file, -1 if it is the whole
            file: int64, (n, 2). None if all audio is whole files.
        spans: When the target is active in them.
        events: When labels are active in them; empty lists if they were not asked for.
        longest_ms: Length of the longest clip of the subset, with or without audio.
        without_audio: How many clips were left out because they have no audio.
        positives_without_audio: In how many of these the target is active.
    """

    clip_ids: StringColumn
    clip_ms: torch.Tensor
    paths: StringColumn
    parts: torch.Tensor | None
    spans: TimeLists
    events: TimeLists
    longest_ms: int
    without_audio: int
    positives_without_audio: int

    def __len__(self) -> int:
        return len(self.clip_ms)

    def seconds_of(self, row: int) -> float:
        """The length of a clip in seconds."""
        return int(self.clip_ms[row]) / 1000

    def file_of(self, row: int) -> tuple[str, int | None, int | None]:
        """The audio file of a clip, and the offset and number of its bytes in it."""
        (path,) = self.paths.take(np.array([row]))
        (part,) = parts_of(self.parts, np.array([row]))
        return path, *part

    def rows_like(self, row: int) -> npt.NDArray[np.int64]:
        """The rows of clips with the target, or of those without it, as the given one is."""
        are_negative = self.spans.are_empty()
        return np.flatnonzero(are_negative == are_negative[row])

    def digest(self) -> str:
        """A hash of the ids, lengths and audio files."""
        parts = [] if self.parts is None else [self.parts]
        names = [self.clip_ids.offsets, self.clip_ids.data, self.paths.offsets, self.paths.data]
        return digest([self.clip_ms, *names, *parts])


class Frames:
    """The frames of clips: frame k is [round(k * hop, 6), round((k + 1) * hop, 6)) in seconds.

    Args:
        hop: Their length in seconds.
        longest_ms: Length of the longest clip, in milliseconds.

    Attributes:
        hop: The hop, exactly.
        longest_ms: Length of the longest clip, in milliseconds.
        edges: Where frames begin, in microseconds, and where the last one ends: int64, (F + 1,).
    """

    def __init__(self, hop: Decimal, longest_ms: int) -> None:
        self.hop = hop
        self.longest_ms = longest_ms
        edges = [0]
        while edges[-1] < 1000 * longest_ms:
            edge = len(edges) * hop * 1_000_000
            # As `round` of SQL: halves away from zero.
            edges.append(int(edge.quantize(Decimal(1), ROUND_HALF_UP)))
        self.edges = np.array(edges, np.int64)

    def __len__(self) -> int:
        """F, the number of frames of the longest clip."""
        return len(self.edges) - 1

    def count(self, clip_ms: int) -> int:
        """How many frames begin before the end of a clip."""
        return int(np.searchsorted(self.edges, 1000 * clip_ms))

    def spans(
        self, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], clip_ms: int
    ) -> list[tuple[int, int]]:
        """The frames that have a moment in common with each of some times of a clip.

        Args:
            starts: Where the times begin, in microseconds.
            ends: Where they end, exclusive.
            clip_ms: Length of the clip, at which its last frame is cut.

        Returns:
            The first frame, and the one after the last; the same twice for none.
        """
        # What begins at the end of the clip or later has no frame.
        ends = np.minimum(ends, 1000 * clip_ms)
        starts = np.minimum(starts, ends)
        first = np.searchsorted(self.edges[1:], starts, "right")
        after = np.searchsorted(self.edges[:-1], ends, "left")
        after = np.where(starts < ends, after, first)
        return list(zip(first.tolist(), after.tolist(), strict=True))

    def window_starts(self, window_samples: int, sample_rate: int) -> list[int]:
        """Where the windows begin that have the same middle as each frame.

        Returns:
            For each frame, the first audio sample of its window; negative before the clip.
        """
        return [
            round(((2 * frame + 1) * self.hop * sample_rate - window_samples) / 2)
            for frame in range(len(self))
        ]


def read_clip_table(
    connection: duckdb.DuckDBPyConnection, target: str, subset: str, *, has_events: bool
) -> ClipTable:
    """Read the clips of a strong subset, with the times in which a target is active in them.

    Args:
        connection: The catalog.
        target: Name of the target.
        subset: `strong_train` or `strong_eval`.
        has_events: Whether to read the events of all labels.
    """
    _, query = render_query("training/clips", target=target, subset=subset, has_events=has_events)
    clips = connection.sql(query).to_arrow_table()
    longest_ms = pc.max(clips["clip_ms"]).as_py() or 0
    has_audio = pc.is_valid(clips["audio_path"])
    without_audio = clips.filter(pc.invert(has_audio))
    are_negative = pc.equal(pc.list_value_length(without_audio["spans"]), 0)
    clips = clips.filter(has_audio)
    return ClipTable(
        string_column(clips["clip_id"]),
        tensor(clips["clip_ms"]),
        string_column(clips["audio_path"]),
        file_parts(clips),
        _time_lists(clips["spans"]),
        _time_lists(clips["events"]),
        longest_ms,
        len(without_audio),
        len(without_audio) - (pc.sum(are_negative).as_py() or 0),
    )


def _time_lists(column: pa.ChunkedArray) -> TimeLists:
    """The lists of a column as flat arrays."""
    counts = np.asarray(pc.list_value_length(column), np.int64)
    times = pc.list_flatten(column)
    start_ms, end_ms, label_columns = (
        tensor(pc.struct_field(times, name)) for name in ("start_ms", "end_ms", "label_index")
    )
    starts = torch.from_numpy(np.cumsum([0, *counts], dtype=np.int64))
    return TimeLists(starts, start_ms, end_ms, label_columns)
