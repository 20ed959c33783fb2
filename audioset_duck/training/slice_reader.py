"""Slices of audio files, read for a batch in several threads; what fails is counted or raised."""

from __future__ import annotations

import errno
import logging
import os
import random
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from torch.utils.data import get_worker_info

from audioset_duck.audio.slices import read_slice
from audioset_duck.errors import AudiosetDuckError

log = logging.getLogger(__name__)

# If the disk is gone, every file fails, and trying forever would hang.
_TRIES = 100

# More than any loader has worker processes. Each has a counter of its own.
_COUNTERS = 1024

_LOADING_ERRORS = (AudiosetDuckError, OSError, soundfile.SoundFileError)

# What this process, or the machine, has no more of, and the cure. Another file would not help, and
# what is read would depend on the load.
_EXHAUSTED = {
    errno.EMFILE: "allow more open files with ulimit -n, or close what you keep open: batches that"
    " are kept, copies of datasets, loaders of earlier epochs",
    errno.ENFILE: "the machine has too many open files; end other programs",
    errno.ENOMEM: "free memory, or use fewer workers",
}


class Slice(NamedTuple):
    """Where audio is.

    Attributes:
        clip: Number of its clip in the dataset.
        path: The audio file.
        start: Its start in seconds.
        end: Its end in seconds, exclusive.
        byte_offset: Where in the file the audio begins; None: the audio is the whole file.
        byte_count: How many bytes it has.
    """

    clip: int
    path: str
    start: float
    end: float
    byte_offset: int | None
    byte_count: int | None


class SliceReader:
    """Reads the slices of a dataset, and counts what fails.

    Args:
        sample_rate: Sample rate of what is read, in Hz.
        threads: How many threads read a batch.
        on_error: `raise` raises for a file that cannot be loaded; `replace` counts and logs it.
        clip_count: Number of clips in the dataset. A clip is logged once.
        unit: What an item is, for the log: `sample` or `clip`.
    """

    def __init__(
        self, sample_rate: int, threads: int, on_error: str, clip_count: int, unit: str
    ) -> None:
        self.sample_rate = sample_rate
        self.threads = threads
        self.on_error = on_error
        self.unit = unit
        self._helpers: ThreadPoolExecutor | None = None
        self._helpers_process = 0
        self._failures = torch.zeros(_COUNTERS, dtype=torch.int64)
        self._failures.share_memory_()  # type: ignore[no-untyped-call]
        self._is_reported = torch.zeros(clip_count, dtype=torch.bool)
        self._is_reported.share_memory_()  # type: ignore[no-untyped-call]

    @property
    def failures(self) -> int:
        """How often a file could not be loaded, in this process and all its workers."""
        return int(self._failures.sum())

    def read(
        self, slices: Sequence[Slice], wavs: Sequence[npt.NDArray[np.float32]]
    ) -> list[tuple[int, Exception]]:
        """Read slices into the arrays `wavs`, and return what failed, with its place."""
        errors: list[tuple[int, Exception]] = []
        # Taking from a deque is one step, so that no two threads get the same slice.
        waiting = deque(enumerate(slices))

        def read_some() -> None:
            while waiting:
                try:
                    place, part = waiting.popleft()
                except IndexError:
                    return
                try:
                    self.read_one(part, wavs[place])
                except _LOADING_ERRORS as error:
                    errors.append((place, error))

        helpers = [
            self._pool().submit(read_some) for _ in range(min(self.threads, len(slices)) - 1)
        ]
        try:
            read_some()
        finally:
            # If this thread is interrupted, the others are to end too.
            waiting.clear()
            for helper in helpers:
                helper.result()
        return sorted(errors, key=itemgetter(0))

    def read_one(self, part: Slice, wav: npt.NDArray[np.float32]) -> None:
        """Read a slice into an array."""
        read_slice(
            part.path,
            part.start,
            part.end,
            self.sample_rate,
            wav,
            part.byte_offset,
            part.byte_count,
        )

    def report(self, part: Slice, error: Exception) -> None:
        """Count and log a slice that cannot be loaded.

        Raises:
            AudiosetDuckError: `on_error` is `raise`, or it is not because of the file.
        """
        place = "" if part.byte_offset is None else f", from byte {part.byte_offset:,} on,"
        message = f"{part.path}{place} cannot be loaded: {error}"
        if isinstance(error, OSError) and error.errno in _EXHAUSTED:
            raise AudiosetDuckError(f"{message}; {_EXHAUSTED[error.errno]}") from None
        if self.on_error == "raise":
            raise AudiosetDuckError(message) from None
        worker = get_worker_info()
        self._failures[0 if worker is None else 1 + worker.id % (_COUNTERS - 1)] += 1
        if not self._is_reported[part.clip]:
            self._is_reported[part.clip] = True
            log.warning("%s; another %s replaces it", message, self.unit)

    def read_another(
        self,
        row: int,
        alternatives: Sequence[int],
        place_of: Callable[[int], tuple[Slice, npt.NDArray[np.float32]]],
    ) -> int:
        """Read another row in the place of one, and return which: the same one in every run.

        Args:
            row: The row that cannot be loaded.
            alternatives: The rows to choose from.
            place_of: The slice of a row, and the array to read it into.

        Raises:
            AudiosetDuckError: A hundred of them cannot be loaded either.
        """
        for other in random.Random(row).choices(alternatives, k=_TRIES):  # noqa: S311
            part, wav = place_of(other)
            try:
                self.read_one(part, wav)
            except _LOADING_ERRORS as error:
                self.report(part, error)
            else:
                return other
        raise AudiosetDuckError(
            f"{_TRIES} audio files in a row could not be loaded, the last one {part.path}; check"
            " that their disk is mounted"
        )

    def _pool(self) -> ThreadPoolExecutor:
        """The threads of this process: a fork has none of its parent's."""
        if self._helpers is None or self._helpers_process != os.getpid():
            self._helpers = ThreadPoolExecutor(self.threads - 1, "audioset-duck")
            self._helpers_process = os.getpid()
        return self._helpers

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_helpers": None}
