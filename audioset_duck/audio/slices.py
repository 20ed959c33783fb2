"""Slices of audio files, read exactly."""

from __future__ import annotations

import atexit
import functools
from os import PathLike

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from audioset_duck.errors import AudiosetDuckError


def read_slice(
    path: str, start: float, end: float, sample_rate: int, wav: npt.NDArray[np.float32]
) -> None:
    """Read a slice of an audio file as mono, without reading the rest of the file.

    Args:
        path: A file in a format that libsndfile reads.
        start: Start of the slice in seconds, inclusive.
        end: End of the slice in seconds, exclusive.
        sample_rate: Rate of the result, in Hz; other rates are resampled.
        wav: float32 array (T,) for the result, the mean of the channels; a shorter slice is
            padded with zeros at the end.

    Raises:
        AudiosetDuckError: The file ends before the slice starts, or before its header says.
        soundfile.SoundFileError: It cannot be read.
    """
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        first = round(start * rate)
        if first >= file.frames:
            raise AudiosetDuckError(
                f"it ends at {file.frames / rate:.3f} s, before the sample, which starts at"
                f" {start:.3f} s"
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


def read_audio(
    path: str | PathLike[str], start_seconds: float, end_seconds: float | None = None
) -> tuple[npt.NDArray[np.float32], int]:
    """Read a slice of an audio file at its own sample rate, as the mean of its channels.

    Args:
        path: A file of a format that libsndfile reads.
        start_seconds: The start of the slice, inclusive.
        end_seconds: Its end, exclusive; cut at the end of the file. None: the end of the file.

    Returns:
        The samples, float32 of shape (T,), and the sample rate in Hz.

    Raises:
        AudiosetDuckError: The file cannot be read, or the slice is empty.
    """
    try:
        with soundfile.SoundFile(path) as file:
            rate, frames = file.samplerate, file.frames
            first = round(start_seconds * rate)
            last = frames if end_seconds is None else min(frames, round(end_seconds * rate))
            if not 0 <= first < last:
                end = "its end" if end_seconds is None else f"{end_seconds} s"
                raise AudiosetDuckError(
                    f"{path} has no audio from {start_seconds} s to {end}: it is"
                    f" {frames / rate:.3f} s long"
                )
            file.seek(first)
            samples = file.read(last - first, dtype="float32", always_2d=True).mean(axis=1)
    except soundfile.LibsndfileError as error:
        raise AudiosetDuckError(f"{path} cannot be read as audio: {error}") from None
    return samples, rate


def _resample(mono: npt.NDArray[np.float32], rate: int, to: int) -> npt.NDArray[np.float32]:
    stream = _resampler(rate, to)
    stream.clear()
    return np.asarray(stream.resample_chunk(np.ascontiguousarray(mono), last=True))


@functools.cache
def _resampler(rate: int, to: int) -> soxr.ResampleStream:
    """Create the filters for a pair of rates, once per process."""
    return soxr.ResampleStream(rate, to, 1, dtype="float32", quality="HQ")


# Else soxr's binding reports leaks on stderr when a spawned worker ends.
atexit.register(_resampler.cache_clear)
