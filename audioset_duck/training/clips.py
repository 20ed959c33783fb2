"""The whole clips of a target as a torch Dataset, with a label for each frame of them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import explain_other_version, has_inventory, require_target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.training.arguments import NO_AUDIO, check_arguments, query_target
from audioset_duck.training.clip_table import Frames, read_clip_table
from audioset_duck.training.sample_table import read_label_ids
from audioset_duck.training.slice_reader import Slice, SliceReader

log = logging.getLogger(__name__)

_LEAST_HOP, _LONGEST_HOP = Decimal("0.001"), Decimal(10)


class Clip(NamedTuple):
    """One loaded clip, padded to the longest clip of the split.

    The default `collate_fn` of a DataLoader makes a batch of them: a Clip whose tensors have one
    more dimension, with `frame_count` as int64 (B,) and `clip_id` as a tuple of B strings.

    Attributes:
        wav: float32, (T,), within [-1, 1] except for overshoot of resampling; zeros after the end
            of the clip or of its audio.
        frame_label: float32, (F,): 1 if the target is active at any moment of the frame, else 0.
        frame_mask: float32, (F, n_labels): 1 for each label that is active at any moment of the
            frame, else 0. (F, 0) without `label_mask=True`.
        frame_count: How many of the F frames begin before the end of the clip; those after it are
            padding, with label 0.
        clip_id: The id of the clip: its YouTube id, `_`, and its start in milliseconds.
    """

    wav: torch.Tensor
    frame_label: torch.Tensor
    frame_mask: torch.Tensor
    frame_count: int
    clip_id: str


class AudioSetClips(Dataset[Clip]):
    """A map-style Dataset of whole clips, for detectors that work frame by frame.

    It has the clips of the strong subset of a split that have audio, in the order of the catalog:
    those with the target and those without. Channels are mixed to mono, and other sample rates are
    resampled. All items have the shape of the longest clip of the split, so that they can be
    batched; almost all clips have 10 s.

    Frame k is [k * hop, (k + 1) * hop), both rounded to a microsecond; the last one is cut at the
    end of the clip. Its label follows from `TARGET.active_spans`, as in scoring: a span that only
    touches a frame is not active in it.

    The catalog is read when the dataset is created, and is closed before workers start.

    Args:
        catalog: Path of the catalog file.
        target: Name of a target in the catalog.
        split: `eval` for strong_eval or `train` for strong_train.
        sample_rate: Sample rate of the waveforms, in Hz.
        hop_seconds: Length of a frame, 0.001 to 10 s, taken as the decimal number that it is
            written as.
        on_error: `raise` raises AudiosetDuckError for a file that cannot be loaded; `replace`
            returns another clip with the target, or without it, as the lost one was, and counts it
            in `failures`.
        threads: How many threads read the clips of a batch, in each process that loads. The items
            do not depend on it.
        label_mask: Whether items have a `frame_mask` of all labels.

    Attributes:
        label_ids: MIDs of the columns of the frame mask, the same as those of AudioSetDataset.
        clip_seconds: Length of the longest clip of the split, in seconds.
        clip_samples: T, the number of audio samples of an item.
        clip_frames: F, the number of frames of an item.
        clips_without_audio: How many clips of the split are left out because they have no audio.
        frames: The frames, exactly: `frames.edges` are their edges in microseconds, int64 (F + 1,).

    Raises:
        AudiosetDuckError: The catalog, target or split does not exist, no clip has audio, or a
            value is out of range.

    Example:
        >>> from audioset_duck import AudioSetClips
        >>> clips = AudioSetClips("catalog.duckdb", "gun", sample_rate=16000, hop_seconds=0.04)
        >>> wav, frame_label, frame_mask, frame_count, clip_id = clips[0]
        >>> wav.shape, frame_label.shape, frame_label.dtype, frame_mask.shape, frame_count
        (torch.Size([160000]), torch.Size([250]), torch.float32, torch.Size([250, 0]), 250)
    """

    def __init__(
        self,
        catalog: str | Path,
        target: str,
        split: str = "eval",
        sample_rate: int = 32000,
        hop_seconds: float = 0.04,
        on_error: str = "raise",
        threads: int = 1,
        label_mask: bool = False,
    ) -> None:
        check_arguments(split, sample_rate, on_error, threads)
        if type(label_mask) is not bool:
            raise AudiosetDuckError(f"label_mask is {label_mask!r}; expected True or False")
        hop = _parse_hop(hop_seconds)
        self.catalog = Path(catalog).absolute()
        self.target = target
        self.split = split
        self.subset = f"strong_{split}"
        self.sample_rate = sample_rate
        self.hop_seconds = float(hop)
        self.on_error = on_error
        self.threads = threads
        self.label_mask = label_mask
        with open_catalog(self.catalog) as connection:
            require_target(connection, target)
            if not has_inventory(connection):
                raise AudiosetDuckError(f"{self.catalog} {NO_AUDIO}")
            with explain_other_version(self.catalog):
                self._table = read_clip_table(
                    connection, target, self.subset, has_events=label_mask
                )
                self.label_ids = read_label_ids(connection)
        self._check_audio()
        self.frames = Frames(hop, self._table.longest_ms)
        self.clip_seconds = self._table.longest_ms / 1000
        self.clip_samples = round(self.clip_seconds * sample_rate)
        self.clip_frames = len(self.frames)
        self.clips_without_audio = self._table.without_audio
        self._reader = SliceReader(sample_rate, threads, on_error, len(self), "clip")

    def __repr__(self) -> str:
        return (
            f"<AudioSetClips of {self.target}, {self.split} split: {len(self):,} clips of"
            f" {self.clip_frames:,} frames of {self.frames.hop:f} s at {self.sample_rate:,} Hz>"
        )

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, index: int) -> Clip:
        """Load one clip: see `__getitems__`."""
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Clip]:
        """Load clips, as a DataLoader does for a batch.

        Args:
            indices: The position of each clip in this split, from 0.

        Raises:
            AudiosetDuckError: A file cannot be loaded, and `on_error` is `raise` or a hundred
                replacements cannot be loaded either.
            IndexError: An index is out of range.
        """
        for index in indices:
            if not 0 <= index < len(self):
                raise IndexError(
                    f"{index} is not one of the {len(self):,} clips of the {self.split} split"
                )
        rows = [int(index) for index in indices]
        wavs = torch.zeros(len(rows), self.clip_samples)
        places = [self._place_of(row, wav) for row, wav in zip(rows, wavs.numpy(), strict=True)]
        slices, inside = [part for part, _ in places], [wav for _, wav in places]
        for place, error in self._reader.read(slices, inside):
            self._reader.report(slices[place], error)
            rows[place] = self._replace(rows[place], wavs[place].numpy())
        return [
            Clip(
                wav,
                self._frame_label(row),
                self._frame_mask(row),
                self.frames.count(int(self._table.clip_ms[row])),
                self.key(row),
            )
            for row, wav in zip(rows, wavs, strict=True)
        ]

    @property
    def failures(self) -> int:
        """How often a file could not be loaded, in this process and all its workers."""
        return self._reader.failures

    def key(self, row: int) -> str:
        """The clip_id of the clip at a position."""
        return self._table.clip_ids.take(np.array([row]))[0]

    def fingerprint(self) -> str:
        """A hash that differs between datasets with other clips, audio files or frames."""
        return f"{self._table.digest()}:{self.sample_rate}:{self.frames.hop:f}"

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Run a query on the catalog, in which the target's relations need no schema.

        Returns:
            A DuckDB relation, with fetchall(), df(), to_arrow_table() and more.
        """
        return query_target(self.catalog, self.target, query)

    def _check_audio(self) -> None:
        """Raise if no clip has audio; warn if some have none."""
        without, positives = self._table.without_audio, self._table.positives_without_audio
        cure = (
            "see which with audioset-duck sql \"from audio_files where status <> 'ok'\", and get"
            " them with audioset-duck extract or scan"
        )
        if not len(self) and not without:
            raise AudiosetDuckError(
                f"{self.catalog} has no clips of {self.subset}; build it with the file of this"
                " subset in the metadata folder"
            )
        if not len(self):
            raise AudiosetDuckError(
                f"none of the {without:,} clips of {self.subset} has audio; {cure}"
            )
        if without:
            log.warning(
                "%s of the %s clips of %s have no audio and are left out, %s of them with %s; %s",
                f"{without:,}",
                f"{without + len(self):,}",
                self.subset,
                f"{positives:,}",
                self.target,
                cure,
            )

    def _place_of(
        self, row: int, wav: npt.NDArray[np.float32]
    ) -> tuple[Slice, npt.NDArray[np.float32]]:
        """The slice of a clip, and the part of the padded waveform that it fills."""
        path, byte_offset, byte_count = self._table.file_of(row)
        seconds = self._table.seconds_of(row)
        part = Slice(row, path, 0.0, seconds, byte_offset, byte_count)
        return part, wav[: round(seconds * self.sample_rate)]

    def _replace(self, row: int, wav: npt.NDArray[np.float32]) -> int:
        """Load another clip with or without the target, and return its row."""

        def place_of(other: int) -> tuple[Slice, npt.NDArray[np.float32]]:
            wav[:] = 0
            return self._place_of(other, wav)

        return self._reader.read_another(row, self._table.rows_like(row).tolist(), place_of)

    def _frame_label(self, row: int) -> torch.Tensor:
        """The frame labels of the clip at a position."""
        label = torch.zeros(self.clip_frames)
        starts, ends, _ = self._table.spans.of(row)
        for first, after in self.frames.spans(starts, ends, int(self._table.clip_ms[row])):
            label[first:after] = 1
        return label

    def _frame_mask(self, row: int) -> torch.Tensor:
        """The frame mask of the clip at a position; without columns if it is not asked for."""
        mask = torch.zeros(self.clip_frames, len(self.label_ids) if self.label_mask else 0)
        starts, ends, columns = self._table.events.of(row)
        spans = self.frames.spans(starts, ends, int(self._table.clip_ms[row]))
        for (first, after), column in zip(spans, columns.tolist(), strict=True):
            mask[first:after, column] = 1
        return mask


def _parse_hop(hop_seconds: float) -> Decimal:
    """The decimal number that a hop is written as."""
    with contextlib.suppress(InvalidOperation):
        hop = Decimal(str(hop_seconds))
        if _LEAST_HOP <= hop <= _LONGEST_HOP:
            return hop
    raise AudiosetDuckError(
        f"hop_seconds is {hop_seconds!r}; expected a number of seconds from {_LEAST_HOP} to"
        f" {_LONGEST_HOP}"
    )
