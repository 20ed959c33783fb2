"""Excerpts of audio as a page holds them: MP3 to play, and a spectrogram as a PNG."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from audioset_duck.audio.slices import read_audio
from audioset_duck.errors import AudiosetDuckError

# How much of the clip is played before and after what is to be marked.
MARGIN_SECONDS = 1.0
# The sample rates of MP3 that every browser plays. Audio of another rate gets the next one.
_RATES = (16000, 22050, 24000, 32000)
# The most that a second of MP3 and a spectrogram take: those of white noise, and a reserve.
_MP3_BYTES_A_SECOND = 8200
_PNG_BYTES = 36_000
# In a page, three bytes are four characters.
_CHARACTERS_A_BYTE = 4 / 3

# The resolution of a spectrogram: bands of equal width in mel, and columns.
BANDS = 96
_MOST_COLUMNS = 480
_COLUMNS_A_SECOND = 120
# What is so far below the loudest is drawn black.
_RANGE_DB = 70
_SHADES = 64
# The frequencies that an axis names, in Hz.
_NAMED_HZ = (250, 500, 1000, 2000, 4000, 8000)
# Matplotlib's colour map inferno at nine places: its brightness rises evenly, in any eye.
_INFERNO = np.array(
    [
        (0, 0, 4),
        (31, 12, 72),
        (85, 15, 109),
        (136, 34, 106),
        (186, 54, 85),
        (227, 89, 51),
        (249, 140, 10),
        (249, 201, 50),
        (252, 255, 164),
    ]
)

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Excerpt:
    """A part of a clip with a second around it, to listen to.

    Attributes:
        start_seconds: Where it begins, in seconds from the start of the clip.
        end_seconds: Where it ends, exclusive.
        mp3: The audio, mono, of at most 32 kHz.
        png: The spectrogram: time from left to right, mel from bottom to top.
        frequencies: Frequencies in Hz, each with its place in the spectrogram, 0 for the bottom
            and 1 for the top.
    """

    start_seconds: float
    end_seconds: float
    mp3: bytes
    png: bytes
    frequencies: list[tuple[int, float]]


def check_mp3() -> None:
    """Raise AudiosetDuckError if the installed libsndfile does not write MP3."""
    if "MP3" not in soundfile.available_formats():
        raise AudiosetDuckError(
            f"libsndfile {soundfile.__libsndfile_version__} does not write MP3; install one that"
            " does with pip install --upgrade soundfile"
        )


def most_characters(seconds: float) -> int:
    """The most characters that an excerpt takes in a page, for a part of so many seconds."""
    mp3 = _MP3_BYTES_A_SECOND * (seconds + 2 * MARGIN_SECONDS)
    return round(_CHARACTERS_A_BYTE * (mp3 + _PNG_BYTES))


def read_excerpt(
    path: str,
    start_seconds: float,
    end_seconds: float,
    byte_offset: int | None = None,
    byte_count: int | None = None,
) -> Excerpt:
    """Read a part of an audio file, with a second around it as far as there is audio.

    Args:
        path: An audio file, or a file that contains one.
        start_seconds: Where the part begins, in seconds from the start of the audio.
        end_seconds: Where it ends, exclusive.
        byte_offset: Where in the file the audio begins; None: the audio is the whole file.
        byte_count: How many bytes it has.

    Raises:
        AudiosetDuckError: The audio cannot be read, or ends before the part begins.
    """
    first = max(0.0, start_seconds - MARGIN_SECONDS)
    samples, rate = read_audio(path, first, end_seconds + MARGIN_SECONDS, byte_offset, byte_count)
    last = first + len(samples) / rate
    if last <= start_seconds:
        raise AudiosetDuckError(
            f"{path} ends at {last:.3f} s, before the part from {start_seconds:.3f} s on"
        )
    samples = np.nan_to_num(samples).clip(-1, 1)
    to = next((known for known in _RATES if known >= rate), _RATES[-1])
    if rate != to:
        samples = soxr.resample(samples, rate, to).clip(-1, 1)
    top = min(rate, to) / 2
    return Excerpt(
        first,
        last,
        _mp3(samples, to),
        _png(_levels(samples, to, top)),
        [(hz, float(_mel(hz) / _mel(top))) for hz in _NAMED_HZ if hz < top],
    )


def _mp3(samples: Samples, rate: int) -> bytes:
    written = io.BytesIO()
    soundfile.write(written, samples, rate, format="MP3")
    return written.getvalue()


def _mel(hz: float | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Frequencies on the mel scale, by O'Shaughnessy's formula."""
    return np.asarray(2595 * np.log10(1 + np.asarray(hz) / 700))


def _levels(samples: Samples, rate: int, top_hz: float) -> npt.NDArray[np.uint8]:
    """The level of each band, from high to low, in each column: 0 to `_SHADES` - 1."""
    length = 1024 if rate > 24000 else 512
    count = min(_MOST_COLUMNS, max(1, round(_COLUMNS_A_SECOND * len(samples) / rate)))
    middles = ((np.arange(count) + 0.5) / count * len(samples)).astype(int)
    padded = np.pad(samples, length // 2)
    frames = padded[middles[:, None] + np.arange(length)]
    power = np.abs(np.fft.rfft(frames * np.hanning(length), 2 * length)) ** 2
    # The mean power between the edges of a band, which may lie between two bins.
    edges_hz = 700 * (10 ** (np.linspace(0, float(_mel(top_hz)), BANDS + 1) / 2595) - 1)
    places = edges_hz / rate * 2 * length
    total = np.concatenate([np.zeros((count, 1)), np.cumsum(power, axis=1)], axis=1)
    whole = places.astype(int)
    part = places - whole
    after = np.minimum(whole + 1, total.shape[1] - 1)
    sums = total[:, whole] * (1 - part) + total[:, after] * part
    bands = np.diff(sums, axis=1) / np.diff(places)
    loudest = max(float(bands.max()), 1e-9)
    decibels = 10 * np.log10(np.maximum(bands / loudest, 10 ** (-_RANGE_DB / 10)))
    shades = (1 + decibels / _RANGE_DB) * (_SHADES - 1)
    return np.asarray(shades.round().astype(np.uint8).T[::-1])


def _png(levels: npt.NDArray[np.uint8]) -> bytes:
    """An image whose colours are a palette: https://www.w3.org/TR/png-3/."""
    height, width = levels.shape
    places = np.linspace(0, len(_INFERNO) - 1, _SHADES)
    palette = np.stack(
        [np.interp(places, range(len(_INFERNO)), channel) for channel in _INFERNO.T], axis=1
    )
    # Each row begins with the number of its filter: 0, none.
    rows = np.pad(levels, ((0, 0), (1, 0)))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.round().astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
