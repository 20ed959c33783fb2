"""Slices of audio files, read exactly: what decoding the whole file and cutting gives."""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import os
import re
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from audioset_duck.audio.ffmpeg import wav_by_ffmpeg
from audioset_duck.audio.names import FORMATS
from audioset_duck.audio.pyav import NEEDS_PYAV, decode_by_pyav, has_pyav
from audioset_duck.audio.validation import missing_bytes, sample_error, states_length
from audioset_duck.errors import AudiosetDuckError

# In these libsndfile seeks to the very sample. In Ogg it is wrong near the end of files, in MP3 at
# low sample rates: they are decoded from the start.
_SEEKS_EXACTLY = ("WAV", "WAVEX", "RF64", "FLAC", "W64", "AIFF", "AU", "CAF")
# Where the header of a WAV file says how many samples there should be.
_STATES_BYTES = ("WAV", "WAVEX")
# What libsndfile reports for a FLAC file that was written to a pipe.
_UNKNOWN_FRAMES = 2**63 - 1
_FRAMES_A_PART = 2**20
# libsndfile reads headers a few bytes, and samples 8 kB at a time.
_BUFFER_BYTES = 2**15
# How files begin that FFmpeg may read where libsndfile does not. Rubbish is not given to it.
_OTHER_AUDIO = re.compile(
    rb"OggS|fLaC|ID3|RIFF|FORM|caff|(?P<needs_pyav>\x1aE\xdf\xa3|.{4}ftyp|\xff[\xf0\xf1\xf8\xf9])"
    rb"|\xff[\xe0-\xff]",
    re.DOTALL,
)


class FilePart(io.RawIOBase):
    """A part of a file, as a file: a member of a tar, for example.

    Args:
        path: The file.
        byte_offset: Where the part begins.
        byte_count: How long it is. None: to the end of the file.

    Raises:
        AudiosetDuckError: The file ends before the part does.
        OSError: The file cannot be opened.
    """

    def __init__(
        self, path: str | os.PathLike[str], byte_offset: int = 0, byte_count: int | None = None
    ) -> None:
        # If it cannot be opened, there is nothing to close.
        self._descriptor = -1
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._offset = byte_offset
        self._position = 0
        size = os.fstat(self._descriptor).st_size
        self.byte_count = size - byte_offset if byte_count is None else byte_count
        if size < byte_offset + self.byte_count:
            self.close()
            raise AudiosetDuckError(
                f"{os.fspath(path)} has {size:,} bytes, and the audio should end at byte"
                f" {byte_offset + self.byte_count:,}: the file has changed; scan it again"
            )

    def readinto(self, buffer: Any) -> int:
        """Read from the position on, and return the number of bytes."""
        count = min(len(buffer), self.byte_count - self._position)
        if count <= 0:
            return 0
        read = os.preadv(
            self._descriptor, [memoryview(buffer)[:count]], self._offset + self._position
        )
        self._position += read
        return read

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position, and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.byte_count}
        self._position = base[whence] + offset
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Close the file."""
        if not self.closed and self._descriptor >= 0:
            os.close(self._descriptor)
        super().close()


class _SoundFile(soundfile.SoundFile):  # type: ignore[misc]
    """An audio file that is only read forwards.

    Of a file that is seekable, soundfile seeks to the place where it is after each read. That takes
    a tenth of the time, is not exact in Ogg files, and fails in FLAC files of unknown length.
    """

    def seekable(self) -> bool:
        return False


class _Cut(NamedTuple):
    """A slice at the rate of its file: what there is of it, as the mean of the channels.

    Attributes:
        mono: float32, (T,).
        rate: Sample rate in Hz.
        length: Number of samples of the file; if the slice ends before the file, at least that.
    """

    mono: npt.NDArray[np.float32]
    rate: int
    length: int


def read_slice(
    path: str,
    start: float,
    end: float,
    sample_rate: int,
    wav: npt.NDArray[np.float32],
    byte_offset: int | None = None,
    byte_count: int | None = None,
) -> None:
    """Read a slice of an audio file as mono: the samples from round(start * rate) on.

    They are those of decoding the whole file by libsndfile, or by FFmpeg if libsndfile cannot read
    it or does not know its length. Of WAV and FLAC only the slice is read; other formats are
    decoded from their start.

    Args:
        path: An audio file, or a file that contains one.
        start: Start of the slice in seconds, inclusive.
        end: End of the slice in seconds, exclusive.
        sample_rate: Rate of the result, in Hz; other rates are resampled.
        wav: float32 array (T,) for the result, the mean of the channels; a shorter slice is
            padded with zeros at the end.
        byte_offset: Where in the file the audio begins; None: the audio is the whole file.
        byte_count: How many bytes it has.

    Raises:
        AudiosetDuckError: The audio ends before the slice starts, or before its header says; or
            it cannot be decoded, or not without PyAV.
        OSError: The file cannot be opened.
        soundfile.SoundFileError: It cannot be read.
    """
    mono, rate, length = _cut(path, start, end, byte_offset, byte_count, wav)
    if round(start * rate) >= length:
        raise AudiosetDuckError(
            f"it ends at {length / rate:.3f} s, before the sample, which starts at {start:.3f} s"
        )
    if rubbish := sample_error(mono):
        raise AudiosetDuckError(rubbish)
    if rate != sample_rate:
        mono = _resample(mono, rate, sample_rate)
    count = min(len(mono), len(wav))
    if not np.may_share_memory(mono, wav):
        wav[:count] = mono[:count]
    wav[count:] = 0


def read_audio(
    path: str | os.PathLike[str],
    start_seconds: float = 0,
    end_seconds: float | None = None,
    byte_offset: int | None = None,
    byte_count: int | None = None,
) -> tuple[npt.NDArray[np.float32], int]:
    """Read a slice of an audio file at its own sample rate, as the mean of its channels.

    Args:
        path: An audio file, or a file that contains one.
        start_seconds: The start of the slice, inclusive.
        end_seconds: Its end, exclusive; cut at the end of the file. None: the end of the file.
        byte_offset: Where in the file the audio begins; None: the audio is the whole file.
        byte_count: How many bytes it has.

    Returns:
        The samples, float32 of shape (T,), and the sample rate in Hz.

    Raises:
        AudiosetDuckError: The file cannot be read, or the slice is empty.
    """
    path = os.fspath(path)
    if start_seconds < 0:
        raise AudiosetDuckError(f"start_seconds is {start_seconds}; expected at least 0")
    try:
        mono, rate, length = _cut(path, start_seconds, end_seconds, byte_offset, byte_count)
    except (AudiosetDuckError, OSError, soundfile.SoundFileError) as error:
        raise AudiosetDuckError(f"{path} cannot be read as audio: {error}") from None
    if not len(mono):
        end = "its end" if end_seconds is None else f"{end_seconds} s"
        raise AudiosetDuckError(
            f"{path} has no audio from {start_seconds} s to {end}: it is {length / rate:.3f} s long"
        )
    if rubbish := sample_error(mono):
        raise AudiosetDuckError(f"{path} cannot be read as audio: {rubbish}")
    return mono, rate


def _cut(
    path: str,
    start: float,
    end: float | None,
    byte_offset: int | None,
    byte_count: int | None,
    out: npt.NDArray[np.float32] | None = None,
    *,
    may_seek: bool = True,
) -> _Cut:
    """Read a slice; into `out`, if that is as easy."""
    open_part = functools.partial(FilePart, path, byte_offset or 0, byte_count)
    with contextlib.ExitStack() as opened:
        source: str | io.BufferedReader[FilePart] = path
        if byte_offset is not None:
            source = opened.enter_context(io.BufferedReader(open_part(), _BUFFER_BYTES))
        try:
            file = opened.enter_context(_SoundFile(source))
        except soundfile.LibsndfileError:
            with open_part() as part:
                beginning = _OTHER_AUDIO.match(part.read(8))
            if beginning is None:
                raise
            if beginning["needs_pyav"] and not has_pyav():
                raise AudiosetDuckError(NEEDS_PYAV) from None
        else:
            if file.format not in FORMATS[".mp3"] or _states_length(open_part()):
                try:
                    cut = _cut_file(file, start, end, out, may_seek=may_seek)
                    is_cut_off = end is None or end * cut.rate > cut.length
                    if is_cut_off and file.format in _STATES_BYTES:
                        _refuse_if_cut_short(cut, open_part())
                    return cut
                except soundfile.LibsndfileError:
                    if not may_seek:
                        raise
                # There are FLAC files in which libsndfile cannot seek.
                return _cut(path, start, end, byte_offset, byte_count, out, may_seek=False)
    with open_part() as part:
        if has_pyav():
            frames, rate = decode_by_pyav(part, end)
        else:
            data = wav_by_ffmpeg(part.read(), "pcm_f32le")
            frames, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    last = None if end is None else round(end * rate)
    return _Cut(_mono(frames[round(start * rate) : last]), rate, len(frames))


def _cut_file(
    file: _SoundFile,
    start: float,
    end: float | None,
    out: npt.NDArray[np.float32] | None,
    *,
    may_seek: bool,
) -> _Cut:
    """Read a slice of a file that libsndfile reads."""
    rate, length = file.samplerate, file.frames
    is_known = length != _UNKNOWN_FRAMES
    first = round(start * rate)
    last = length if end is None else min(length, round(end * rate))
    if first >= last:
        return _Cut(np.empty(0, np.float32), rate, length)
    position = 0
    if first and may_seek and is_known and file.format in _SEEKS_EXACTLY:
        position = file.seek(first)
    position += sum(map(len, _frames(file, first - position)))
    if file.channels == 1 and out is not None and last - first <= len(out):
        mono = file.read(out=out[: last - first])
    else:
        parts = [_mono(part) for part in _frames(file, last - first)]
        mono = np.concatenate(parts) if parts else np.empty(0, np.float32)
    position += len(mono)
    if position < last and is_known:
        raise AudiosetDuckError(f"it breaks off at {position / rate:.3f} s")
    return _Cut(mono, rate, length if is_known else position)


def _frames(file: _SoundFile, count: int) -> Iterator[npt.NDArray[np.float32]]:
    """Read as many samples as there are, up to a number: float32 of shape (T, channels)."""
    while count > 0:
        part = file.read(min(count, _FRAMES_A_PART), dtype="float32", always_2d=True)
        if not len(part):
            return
        count -= len(part)
        yield part


def _mono(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The mean of the channels."""
    return frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1)


def _states_length(part: FilePart) -> bool:
    """Whether libsndfile can know how long a file is."""
    with part:
        return states_length(cast(BinaryIO, part))


def _refuse_if_cut_short(cut: _Cut, part: FilePart) -> None:
    """Raise if a WAV file ends before its header says: libsndfile takes it for a shorter one."""
    with part:
        if missing_bytes(cast(BinaryIO, part), part.byte_count):
            raise AudiosetDuckError(f"it breaks off at {cut.length / cut.rate:.3f} s")


class _Resamplers(threading.local):
    """The resamplers of each thread by their rates: computing their filters takes a while."""

    def __init__(self) -> None:
        self.streams: dict[tuple[int, int], soxr.ResampleStream] = {}


_resamplers = _Resamplers()
# Else soxr's binding reports leaks on stderr when a spawned worker ends.
atexit.register(_resamplers.streams.clear)


def _resample(mono: npt.NDArray[np.float32], rate: int, to: int) -> npt.NDArray[np.float32]:
    streams = _resamplers.streams
    if (rate, to) not in streams:
        streams[rate, to] = soxr.ResampleStream(rate, to, 1, dtype="float32", quality="HQ")
    stream = streams[rate, to]
    stream.clear()
    return np.asarray(stream.resample_chunk(np.ascontiguousarray(mono), last=True))
