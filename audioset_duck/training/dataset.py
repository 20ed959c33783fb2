"""The samples of a target as a torch Dataset: slices of audio files and their labels."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import torch
from torch import multiprocessing
from torch.utils.data import Dataset, get_worker_info

from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import built_target, explain_other_version, has_inventory
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import file_version
from audioset_duck.training.arguments import NO_AUDIO, check_arguments, query_target
from audioset_duck.training.sample_table import (
    DEFAULT_ROLES,
    ROLES,
    catalog_id,
    read_sample_table,
)
from audioset_duck.training.slice_reader import Slice, SliceReader

log = logging.getLogger(__name__)


class Sample(NamedTuple):
    """A sample that a sampler asks a dataset for.

    Attributes:
        sample_id: Its number in the catalog.
        crop_start_seconds: Start of the crop of a weak clip, in seconds from the start of its
            audio; None for a window, which has its own times.
    """

    sample_id: int
    crop_start_seconds: float | None = None


class Item(NamedTuple):
    """One loaded sample.

    Attributes:
        wav: float32, (T,), within [-1, 1] except for overshoot of resampling.
        label: float32, (): 1 for a positive, 0 for a negative.
        label_mask: float32, (n_labels,): 1 for each active label, else 0.
        sample_key: The key of the sample, the same in every catalog of the same sources.
    """

    wav: torch.Tensor
    label: torch.Tensor
    label_mask: torch.Tensor
    sample_key: str


class Batch(NamedTuple):
    """Loaded samples: `wav` (B, T), `label` (B,), `label_mask` (B, n_labels), `sample_keys` (B)."""

    wav: torch.Tensor
    label: torch.Tensor
    label_mask: torch.Tensor
    sample_keys: list[str]

    def __reduce__(self) -> tuple[Any, ...]:
        # As tensors, labels and masks would be sent in shared memory of their own, which takes ten
        # times as long as to send these few bytes.
        small = (self.label.numpy(force=True), self.label_mask.numpy(force=True))
        return _received, (self.wav, *small, self.sample_keys)


def _received(
    wav: torch.Tensor,
    label: npt.NDArray[np.float32],
    label_mask: npt.NDArray[np.float32],
    sample_keys: list[str],
) -> Batch:
    """The batch that another process has sent."""
    return Batch(wav, torch.from_numpy(label), torch.from_numpy(label_mask), sample_keys)


class Items(list[Item]):
    """Items that are the rows of a batch already, so that `collate` need not copy them."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(itertools.starmap(Item, zip(*batch, strict=True)))
        self.batch = batch


def collate(items: Sequence[Item]) -> Batch:
    """Combine samples into a batch, as a DataLoader's `collate_fn`.

    Returns:
        float32 (B, T), float32 (B,), float32 (B, n_labels), and the B sample keys.
    """
    if isinstance(items, Items):
        batch = items.batch
        if get_worker_info() is not None:
            return batch._replace(wav=_in_shared_memory(batch.wav))
        return batch
    wavs, labels, masks, sample_keys = zip(*items, strict=True)
    return Batch(torch.stack(wavs), torch.stack(labels), torch.stack(masks), list(sample_keys))


def _in_shared_memory(wav: torch.Tensor) -> torch.Tensor:
    """Copy a batch to memory that a worker's process shares with the main one.

    Sending does that too, page by page of new memory, which takes as long as to read the audio. A
    write to a file in memory takes half of that.
    """
    strategy = multiprocessing.get_sharing_strategy()  # type: ignore[no-untyped-call]
    if not hasattr(os, "memfd_create") or strategy != "file_descriptor":
        return wav
    descriptor = os.memfd_create("audioset-duck")
    try:
        data = wav.numpy().data.cast("B")
        while data:
            data = data[os.write(descriptor, data) :]
        storage = torch.UntypedStorage._new_shared_fd_cpu(  # type: ignore[attr-defined]
            descriptor, wav.nbytes
        )
    finally:
        os.close(descriptor)
    return wav.new_empty(0).set_(storage, 0, wav.shape, wav.stride())


class AudioSetDataset(Dataset[Item]):
    """A map-style Dataset of the samples of a target and split, in the order of sample_id.

    A window of an event is read exactly as labelled. Of a weak clip, a crop is read: the one in the
    plan of a sampler, else the middle. Slices shorter than `window_seconds` are padded with zeros.
    Channels are mixed to mono, and other sample rates are resampled.

    The catalog is read when the dataset is created, and is closed before workers start.

    Args:
        catalog: Path of the catalog file.
        target: Name of a target in the catalog.
        split: `train` or `eval`.
        sample_rate: Sample rate of the waveforms, in Hz.
        window_seconds: Length of the windows; must be the one that the target is built with. None:
            that one.
        roles: Roles of the samples: some of `positive`, `strong_negative`, `weak_negative` and
            `weak_positive`.
        on_error: `replace` returns another sample of the same role for a file that cannot be
            loaded, and counts it in `failures`; `raise` raises AudiosetDuckError.
        threads: How many threads read the slices of a batch, in each process that loads. The items
            do not depend on it.

    Attributes:
        label_ids: MIDs of the columns of the label mask: all labels of the events and weak clips in
            the catalog, so the same for both splits, all targets and any audio.
        window_samples: T, the number of audio samples of an item.
        catalog_id: A hash that differs between catalogs with different samples.

    Raises:
        AudiosetDuckError: The catalog, target or split does not exist, or a value is out of range.

    Example:
        >>> from audioset_duck import AudioSetDataset
        >>> dataset = AudioSetDataset("catalog.duckdb", "gun", sample_rate=16000)
        >>> wav, label, label_mask, sample_key = dataset[0]
        >>> wav.shape, wav.dtype, label
        (torch.Size([16000]), torch.float32, tensor(0.))
    """

    def __init__(
        self,
        catalog: str | Path,
        target: str,
        split: str = "train",
        sample_rate: int = 32000,
        window_seconds: float | None = None,
        roles: Sequence[str] = DEFAULT_ROLES,
        on_error: str = "replace",
        threads: int = 1,
    ) -> None:
        check_arguments(split, sample_rate, on_error, threads)
        for role in [roles] if isinstance(roles, str) else roles or [""]:
            if role not in ROLES or isinstance(roles, str):
                raise AudiosetDuckError(
                    f"roles is {roles!r}; expected some of {', '.join(map(repr, ROLES))}"
                )
        self.catalog = Path(catalog).absolute()
        self.target = target
        self.split = split
        self.roles = tuple(dict.fromkeys(roles))
        self.sample_rate = sample_rate
        self.on_error = on_error
        self.threads = threads
        with open_catalog(self.catalog) as connection:
            self._file = file_version(self.catalog)
            built = float(built_target(connection, target).window_seconds)
            if window_seconds is not None and window_seconds != built:
                raise AudiosetDuckError(
                    f"window_seconds is {window_seconds}, but {target} is built in windows of"
                    f" {built:g} s; build it with audioset-duck build --target {target}"
                    f" --window-seconds {window_seconds:g}"
                )
            self.window_seconds = built
            self.has_audio = has_inventory(connection)
            with explain_other_version(self.catalog):
                self._columns = read_sample_table(connection, target, split, self.roles)
                self.catalog_id = catalog_id(connection, target)
        if not len(self):
            raise AudiosetDuckError(
                f"{target} has no samples of the {split} split in the roles"
                f" {', '.join(self.roles)}; see why they are excluded with"
                f' audioset-duck sql "from {target}.sample_counts"'
            )
        if not self.has_audio:
            log.warning("%s %s; epochs can be planned without it", self.catalog, NO_AUDIO)
        self.label_ids = self._columns.label_ids
        self.window_samples = round(self.window_seconds * self.sample_rate)
        clip_count = len(self._columns.clips)
        self._reader = SliceReader(sample_rate, threads, on_error, clip_count, "sample")

    def __repr__(self) -> str:
        return (
            f"<AudioSetDataset of {self.target}, {self.split} split: {len(self):,} samples of"
            f" {self.window_seconds:g} s at {self.sample_rate:,} Hz>"
        )

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, index: int | Sample) -> Item:
        """Load one sample: see `__getitems__`."""
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int | Sample]) -> Items:
        """Load samples, as a DataLoader does for a batch.

        Args:
            indices: For each sample its position in this split, from 0, or what a sampler plans.

        Raises:
            AudiosetDuckError: The catalog has no inventory of audio; or a file cannot be loaded,
                and `on_error` is `raise` or a hundred replacements cannot be loaded either.
            IndexError: An index is out of range.
        """
        if not self.has_audio:
            raise AudiosetDuckError(f"{self.catalog} {NO_AUDIO}")
        columns = self._columns
        rows = self._rows_of(indices)
        crops = [
            index.crop_start_seconds if isinstance(index, Sample) else None for index in indices
        ]
        wavs = torch.empty(len(rows), self.window_samples)
        slices = list(self._slices(rows, crops))
        for place, error in self._reader.read(slices, list(wavs.numpy())):
            self._reader.report(slices[place], error)
            rows[place] = self._replace(int(rows[place]), wavs[place].numpy())
        return Items(
            Batch(wavs, columns.labels_of(rows), columns.masks_of(rows), columns.keys_of(rows))
        )

    @property
    def failures(self) -> int:
        """How often a file could not be loaded, in this process and all its workers."""
        return self._reader.failures

    def open_catalog(self) -> duckdb.DuckDBPyConnection:
        """Open the catalog again, if its samples are still those of this dataset.

        Raises:
            AudiosetDuckError: A later build has changed the samples, or it cannot be opened.
        """
        connection = open_catalog(self.catalog)
        # A build replaces the file. Comparing samples takes a while, so files are compared first.
        file = file_version(self.catalog)
        if file != self._file and catalog_id(connection, self.target) != self.catalog_id:
            connection.close()
            raise AudiosetDuckError(
                f"{self.catalog} was rebuilt since the dataset was created, and {self.target} has"
                " other samples now; create the dataset and its sampler again"
            )
        self._file = file
        return connection

    def key(self, row: int) -> str:
        """The key of the sample at a position."""
        return self._columns.keys_of(np.array([row]))[0]

    def fingerprint(self) -> str:
        """A hash that differs between datasets with other samples or audio files."""
        return f"{self._columns.digest()}:{self.sample_rate}"

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Run a query on the catalog, in which the target's relations need no schema.

        Returns:
            A DuckDB relation, with fetchall(), df(), to_arrow_table() and more.

        Example:
            >>> dataset.sql("select count(*) from samples where role = 'positive'").fetchall()
            [(662,)]
        """
        return query_target(self.catalog, self.target, query)

    def _rows_of(self, indices: Sequence[int | Sample]) -> npt.NDArray[np.int64]:
        """The rows of samples that are given by their position or by what a sampler plans."""
        rows = np.array([-1 if isinstance(index, Sample) else index for index in indices], np.int64)
        is_planned = np.array([isinstance(index, Sample) for index in indices])
        planned = [index.sample_id for index in indices if isinstance(index, Sample)]
        rows[is_planned] = self._columns.rows_of(np.array(planned, np.int64))
        for place in np.flatnonzero((rows < 0) | (rows >= len(self))).tolist():
            raise IndexError(
                f"{indices[place]} is not one of the {len(self):,} samples of the {self.split}"
                " split"
            )
        return rows

    def _slices(
        self, rows: npt.NDArray[np.int64], crops: Sequence[float | None]
    ) -> Iterator[Slice]:
        """The slice of each sample."""
        columns = self._columns
        for clip, crop, is_clip, path, part, start_ms, end_ms in zip(
            columns.clip_of.numpy()[rows].tolist(),
            crops,
            columns.are_clips(rows),
            columns.paths_of(rows),
            columns.parts_of(rows),
            columns.start_ms.numpy()[rows].tolist(),
            columns.end_ms.numpy()[rows].tolist(),
            strict=True,
        ):
            start, end = start_ms / 1000, end_ms / 1000
            if is_clip:
                middle = max(0.0, end - self.window_seconds) / 2
                start = middle if crop is None else crop
                end = start + self.window_seconds
            yield Slice(clip, path, start, end, *part)

    def _replace(self, row: int, wav: npt.NDArray[np.float32]) -> int:
        """Load another sample of the same role, and return its row."""

        def place_of(other: int) -> tuple[Slice, npt.NDArray[np.float32]]:
            (part,) = self._slices(np.array([other]), [None])
            return part, wav

        return self._reader.read_another(row, self._columns.rows_like(row).tolist(), place_of)
