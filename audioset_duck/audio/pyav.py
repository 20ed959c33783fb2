"""PyAV, for audio that libsndfile does not read: what video downloads give."""

from __future__ import annotations

import functools
import importlib.util
import io
import math
from os import PathLike, fspath
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from audioset_duck.audio.names import DEMUXERS, OTHER_ENDINGS
from audioset_duck.errors import AudiosetDuckError

NEEDS_PYAV = (
    "reading it in place needs PyAV; install it with pip install 'audioset-duck[av]', or convert it"
    " once, for example with ffmpeg -i FILE FILE.flac"
)
# Containers that state how long their audio is, MP4 and Matroska with WebM.
_STATE_LENGTH = ("mov", "matroska")
# What a container states may include the encoder's delay, and is rounded.
_TOLERANCE_SECONDS = 0.1


@functools.cache
def has_pyav() -> bool:
    """Whether PyAV is installed."""
    return importlib.util.find_spec("av") is not None


def unsupported_reason(path: str | PathLike[str]) -> str | None:
    """Why a valid audio file with this ending cannot be read in place; None if it can."""
    if has_pyav() or not fspath(path).lower().endswith(OTHER_ENDINGS):
        return None
    return NEEDS_PYAV


def decode_by_pyav(
    file: io.RawIOBase, end_seconds: float | None
) -> tuple[npt.NDArray[np.float32], int]:
    """Decode audio from its start, without the delay of its encoder.

    Args:
        file: The audio, in any format that FFmpeg reads; must be seekable.
        end_seconds: Where decoding may stop, in seconds. None: at the end.

    Returns:
        The samples, float32 of shape (T, channels), and the sample rate in Hz. There may be more
        than asked for, and fewer if the audio ends before. MP4 files may end in up to 1,024 samples
        of padding, as FFmpeg gives them.

    Raises:
        AudiosetDuckError: It cannot be decoded, or ends before its header says.
    """
    import av

    parts: list[npt.NDArray[np.float32]] = []
    count = 0
    try:
        with av.open(
            cast(IO[bytes], file), mode="r", options={"format_whitelist": DEMUXERS}
        ) as container:
            if not container.streams.audio:
                raise AudiosetDuckError("it has no audio stream")
            stream = container.streams.audio[0]
            packed = av.AudioResampler(format="flt")
            rate, end = 0, math.inf
            for frame in container.decode(stream):
                rate = frame.sample_rate
                if end_seconds is not None:
                    end = round(end_seconds * rate)
                for part in packed.resample(frame):
                    samples = part.to_ndarray().reshape(-1, part.layout.nb_channels)
                    parts.append(samples.astype(np.float32, copy=False))
                    count += len(parts[-1])
                if count >= end:
                    break
            # Elsewhere FFmpeg estimates the length. A video may be longer than its audio.
            states_length = container.format.name.startswith(_STATE_LENGTH)
            stated = 0.0
            if states_length and stream.duration is not None and stream.time_base is not None:
                stated = float(stream.duration * stream.time_base)
            elif states_length and container.duration is not None and len(container.streams) == 1:
                stated = container.duration / av.time_base
    except (av.FFmpegError, ValueError) as error:
        raise AudiosetDuckError(f"it cannot be decoded: {error}") from None
    if not parts:
        raise AudiosetDuckError("it has no samples")
    if count < min(end, (stated - _TOLERANCE_SECONDS) * rate):
        raise AudiosetDuckError(f"it breaks off at {count / rate:.3f} s")
    return np.concatenate(parts), rate
