"""Parts of audio files, read exactly."""

from __future__ import annotations

import atexit
import functools

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from audioset_duck.errors import AudiosetDuckError


def read_slice(
    path: str, start: float, end: float, sample_rate: int, wav: npt.NDArray[np.float32]
) -> None:
    """Read a part of an audio file, and only that, as the mean of its channels.

    Args:
        path: A file of a format that libsndfile reads.
        start: In seconds, inclusive.
        end: In seconds, exclusive.
        sample_rate: To resample to, in Hz.
        wav: Where the samples go, (T,); what there is less than T is zeros at the end.

    Raises:
        AudiosetDuckError: The file ends before the part begins, or is shorter than it says.
        soundfile.SoundFileError: It cannot be read.
    """
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        first = round(start * rate)
        if first >= file.frames:
            raise AudiosetDuckError(
                f"it ends at {file.frames / rate:.3f} s, before {start:.3f} s, where the sample is"
            )
        file.seek(first)
        count = min(round(end * rate), file.frames) - first
        if file.channels == 1 and rate == sample_rate:
            count = min(count, len(wav))
            read = found = len(file.read(out=wav[:count]))
        else:
            frames = file.read(count, dtype="float32", always_2d=True)
            found = len(frames)
            mono = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1)
            if rate != sample_rate:
                mono = _resample(mono, rate, sample_rate)
            read = min(len(mono), len(wav))
            wav[:read] = mono[:read]
    if found < count:
        raise AudiosetDuckError(f"it breaks off at {(first + found) / rate:.3f} s")
    wav[read:] = 0


def _resample(mono: npt.NDArray[np.float32], rate: int, to: int) -> npt.NDArray[np.float32]:
    stream = _resampler(rate, to)
    stream.clear()
    return np.asarray(stream.resample_chunk(np.ascontiguousarray(mono), last=True))


@functools.cache
def _resampler(rate: int, to: int) -> soxr.ResampleStream:
    """The filters of a pair of rates are made once in a process."""
    return soxr.ResampleStream(rate, to, 1, dtype="float32", quality="HQ")


# Else soxr's binding complains of them on stderr when a worker that was spawned ends.
atexit.register(_resampler.cache_clear)
