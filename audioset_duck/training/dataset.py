"""The samples of a target as a torch Dataset: slices of audio files, and their labels."""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import soundfile
import torch
from torch.utils.data import Dataset, get_worker_info

from audioset_duck.audio.slices import read_slice
from audioset_duck.catalog.connection import ALIAS, open_catalog
from audioset_duck.catalog.state import built_target, has_inventory
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import literal
from audioset_duck.training.sample_table import catalog_id, read_sample_table

log = logging.getLogger(__name__)


SPLITS = ("train", "eval")


# A disk that is gone fails every file: to look for ever would hang.
_TRIES = 100


_NO_AUDIO = "knows of no audio; make the inventory with audioset-duck extract or audioset-duck scan"


# More than the worker processes of any loader; each counts by itself.
_COUNTERS = 1024


_LOADING_ERRORS = (AudiosetDuckError, OSError, soundfile.SoundFileError)


class Sample(NamedTuple):
    """What a sampler asks a dataset for.

    Attributes:
        sample_id: As in the catalog.
        crop_start_seconds: Where the crop of a weak clip starts, from the start of its audio;
            None: a strong sample, which has its own times.
    """

    sample_id: int
    crop_start_seconds: float | None = None


class Item(NamedTuple):
    """One sample, loaded.

    Attributes:
        wav: float32, (T,), within [-1, 1] but for what resampling overshoots.
        label: float32, (): 1 for a positive, 0 for a negative.
        label_mask: float32, (n_labels,): 1 for each label that is heard.
        sample_key: The sample's key.
    """

    wav: torch.Tensor
    label: torch.Tensor
    label_mask: torch.Tensor
    sample_key: str


class Batch(NamedTuple):
    """Samples, loaded: `wav` (B, T), `label` (B,), `label_mask` (B, n_labels), `sample_keys`."""

    wav: torch.Tensor
    label: torch.Tensor
    label_mask: torch.Tensor
    sample_keys: list[str]


class Items(list[Item]):
    """Items that are the rows of a batch, which then need not be put together again."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(itertools.starmap(Item, zip(*batch, strict=True)))
        self.batch = batch


def collate(items: Sequence[Item]) -> Batch:
    """Make a batch of samples.

    Returns:
        float32 (B, T), float32 (B,), float32 (B, n_labels), and the B sample keys.
    """
    if isinstance(items, Items):
        return items.batch
    wavs, labels, masks, sample_keys = zip(*items, strict=True)
    return Batch(torch.stack(wavs), torch.stack(labels), torch.stack(masks), list(sample_keys))


class AudioSetDataset(Dataset[Item]):
    """The samples of a target and a split, by number.

    A sample of a strong label is exactly its window, one of a weak label a crop of the clip: where
    a sampler's plan says, else the middle. What is shorter than `window_seconds` ends in zeros.
    Channels are mixed to one, and other sample rates are resampled.

    The catalog is read when the dataset is made, and is not open when workers start.

    Args:
        catalog: The catalog file.
        target: A target that is built in it.
        split: `train` or `eval`.
        sample_rate: Of the samples that it gives, in Hz.
        window_seconds: In seconds; must be that which the target is built with. None: that.
        on_error: What to do with a file that cannot be loaded: `replace` gives another sample of
            the same role, and counts it in `failures`; `raise` raises AudiosetDuckError.

    Attributes:
        label_ids: The labels that are the columns of the label mask: all that the catalog's events
            and weak clips carry, so the same for both splits, all targets and whatever audio.
        window_samples: T, how many samples of audio an item has.
        catalog_id: What tells the samples of two catalogs apart.

    Raises:
        AudiosetDuckError: The catalog, the target or the split is not there, or another value is
            out of its range.

    Example:
        >>> from audioset_duck import AudioSetDataset
        >>> dataset = AudioSetDataset("catalog.duckdb", "gun", sample_rate=16000)
        >>> wav, label, label_mask, sample_key = dataset[0]
        >>> wav.shape, wav.dtype, label
        (torch.Size([16000]), torch.float32, tensor(1.))
    """

    def __init__(
        self,
        catalog: str | Path,
        target: str,
        split: str = "train",
        sample_rate: int = 32000,
        window_seconds: float | None = None,
        on_error: str = "replace",
    ) -> None:
        if split not in SPLITS:
            raise AudiosetDuckError(f"split is {split!r}; right are 'train' and 'eval'")
        if on_error not in ("replace", "raise"):
            raise AudiosetDuckError(f"on_error is {on_error!r}; right are 'replace' and 'raise'")
        if type(sample_rate) is not int or not 1000 <= sample_rate <= 384_000:
            raise AudiosetDuckError(
                f"sample_rate is {sample_rate!r}; right is a number of Hz from 1,000 to 384,000"
            )
        self.catalog = Path(catalog).absolute()
        self.target = target
        self.split = split
        self.sample_rate = sample_rate
        self.on_error = on_error
        with open_catalog(self.catalog) as connection:
            self._file = _file_of(self.catalog)
            built = float(built_target(connection, target).window_seconds)
            if window_seconds is not None and window_seconds != built:
                raise AudiosetDuckError(
                    f"window_seconds is {window_seconds}, but {target} is built in windows of"
                    f" {built:g} s; build it with audioset-duck build --target {target}"
                    f" --window-seconds {window_seconds:g}"
                )
            self.window_seconds = built
            self.has_audio = has_inventory(connection)
            try:
                self._columns = read_sample_table(connection, target, split)
                self.catalog_id = catalog_id(connection, target)
            except duckdb.CatalogException:
                raise AudiosetDuckError(
                    f"{self.catalog} was made by another version of audioset-duck, and has no"
                    f" samples of {target}; make it anew with audioset-duck build"
                ) from None
        if not len(self):
            raise AudiosetDuckError(
                f"{target} has no samples of the {split} split; what removed them tells"
                f' audioset-duck sql "from {target}.sample_counts"'
            )
        if not self.has_audio:
            log.warning("%s %s; epochs can be planned without", self.catalog, _NO_AUDIO)
        self.label_ids = self._columns.label_ids
        self.window_samples = round(self.window_seconds * self.sample_rate)
        self._failures = torch.zeros(_COUNTERS, dtype=torch.int64)
        self._failures.share_memory_()  # type: ignore[no-untyped-call]
        self._is_reported = torch.zeros(len(self._columns.clips), dtype=torch.bool)
        self._is_reported.share_memory_()  # type: ignore[no-untyped-call]

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
        """Load some samples.

        Args:
            indices: Of each its place in this split, from 0; or, with its id, what a sampler plans
                for it.

        Raises:
            AudiosetDuckError: No audio is known; or a file cannot be loaded, if `on_error` is
                `raise` or a hundred others could not be loaded either.
            IndexError: There is no such sample.
        """
        if not self.has_audio:
            raise AudiosetDuckError(f"{self.catalog} {_NO_AUDIO}")
        columns = self._columns
        wanted = [
            index if isinstance(index, Sample) else Sample(columns.first_id + index)
            for index in indices
        ]
        rows = np.array([sample.sample_id for sample in wanted], np.int64) - columns.first_id
        for row in rows[(rows < 0) | (rows >= len(self))].tolist():
            raise IndexError(f"{row} is not among the {len(self):,} samples of {self.split}")
        wavs = torch.empty(len(rows), self.window_samples)
        for place, (path, start, end) in enumerate(self._slices(rows, wanted)):
            wav = wavs[place].numpy()
            try:
                read_slice(path, start, end, self.sample_rate, wav)
            except _LOADING_ERRORS as error:
                self._fail(int(rows[place]), path, error)
                rows[place] = self._replace(int(rows[place]), wav)
        labels = torch.from_numpy(rows < columns.role_ends[0]).float()
        return Items(Batch(wavs, labels, columns.masks_of(rows), columns.keys_of(rows)))

    @property
    def failures(self) -> int:
        """How many times a file could not be loaded, in this process and in all its workers."""
        return int(self._failures.sum())

    def open_catalog(self) -> duckdb.DuckDBPyConnection:
        """Open the catalog again, as long as its samples are those that were read.

        Raises:
            AudiosetDuckError: A build since then has made others, or it cannot be opened.
        """
        connection = open_catalog(self.catalog)
        # A build moves another file over it; to add up millions of samples takes a while.
        file = _file_of(self.catalog)
        if file != self._file and catalog_id(connection, self.target) != self.catalog_id:
            connection.close()
            raise AudiosetDuckError(
                f"{self.catalog} was built anew since the dataset was made, and {self.target} has"
                " other samples now; make the dataset and its sampler again"
            )
        self._file = file
        return connection

    def key(self, row: int) -> str:
        """The key of the sample in a row."""
        return self._columns.keys_of(np.array([row]))[0]

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Run a query on the catalog, in which the target's relations need no schema.

        Returns:
            A relation: shows itself as a table, has fetchall(), df(), to_arrow_table() and more.

        Example:
            >>> dataset.sql("select count(*) from samples where role = 'positive'").fetchall()
            [(686,)]
        """
        connection = open_catalog(self.catalog)
        connection.execute(f"set search_path = {literal(f'{ALIAS}.{self.target},{ALIAS}.main')}")
        return connection.sql(query)

    def _slices(
        self, rows: npt.NDArray[np.int64], wanted: Sequence[Sample]
    ) -> Iterator[tuple[str, float, float]]:
        """The file of each of some samples, and the part of it, in seconds."""
        columns = self._columns
        for row, sample, path, start_ms, end_ms in zip(
            rows.tolist(),
            wanted,
            columns.paths_of(rows),
            columns.start_ms.numpy()[rows].tolist(),
            columns.end_ms.numpy()[rows].tolist(),
            strict=True,
        ):
            start, end = start_ms / 1000, end_ms / 1000
            if row >= columns.role_ends[1]:
                middle = max(0.0, end - self.window_seconds) / 2
                crop = sample.crop_start_seconds
                start = middle if crop is None else crop
                end = start + self.window_seconds
            yield path, start, end

    def _replace(self, row: int, wav: npt.NDArray[np.float32]) -> int:
        """Load another sample of the same role; returns its row.

        It is the same one in every run, whatever process it is that loads it.
        """
        columns = self._columns
        same_role = columns.role_rows(columns.role_of(row))
        path = ""
        for other in random.Random(row).choices(same_role, k=_TRIES):  # noqa: S311
            ((path, start, end),) = self._slices(np.array([other]), [Sample(other)])
            try:
                read_slice(path, start, end, self.sample_rate, wav)
            except _LOADING_ERRORS as error:
                self._fail(other, path, error)
            else:
                return other
        raise AudiosetDuckError(
            f"{_TRIES} audio files in a row could not be loaded, the last one {path}; is their disk"
            " there?"
        )

    def _fail(self, row: int, path: str, error: Exception) -> None:
        message = f"{path} cannot be loaded: {error}"
        if self.on_error == "raise":
            raise AudiosetDuckError(message) from None
        worker = get_worker_info()
        self._failures[0 if worker is None else 1 + worker.id % (_COUNTERS - 1)] += 1
        clip = self._columns.clip_of[row]
        if not self._is_reported[clip]:
            self._is_reported[clip] = True
            log.warning("%s; another sample takes its place", message)


def _file_of(catalog: Path) -> tuple[int, int, int]:
    """What tells a file from another that has taken its place, or from itself as it was."""
    stat = catalog.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
