"""ffmpeg, for audio that libsndfile cannot read, and as a second decoder."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace

from audioset_duck.audio.names import DEMUXERS, FORMATS
from audioset_duck.audio.validation import (
    ValidationLimits,
    ValidationResult,
    apply_limits,
    header_error,
    length_error,
    states_length,
    validate,
)
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import placeholder_reason

# At the start of a line: within a line, the same text may be a title in the file.
_STREAM = re.compile(r"^ *Stream #0:\d+.*?: Audio: (\w+).*?, (\d+) Hz, ([\w.]+)", re.MULTILINE)
# What the filters of _FILTERS report, the first of all channels, the last of their mean.
_SAMPLES = re.compile(r"^\[Parsed_volumedetect_0 @ [^]]*\] n_samples: (\d+)", re.MULTILINE)
_PEAK = re.compile(r"^\[Parsed_volumedetect_0 @ [^]]*\] max_volume: (-?[\d.]+) dB", re.MULTILINE)
_MEAN = re.compile(r"^\[Parsed_volumedetect_2 @ [^]]*\] max_volume: (-?[\d.]+) dB", re.MULTILINE)
_FILTERS = "volumedetect,aformat=channel_layouts=mono,volumedetect"
# The codecs of a file with an ending, as libsndfile would read them.
_CODECS = {
    ".wav": r"pcm_|adpcm_|gsm",
    ".flac": "flac",
    ".mp3": "mp3",
    ".ogg": "vorbis|opus|flac|speex",
    ".oga": "vorbis|opus|flac|speex",
    ".opus": "opus",
}
# A damaged file may state hours; a clip takes a fraction of a second.
_MOST_SECONDS = 120
# Names of channel layouts that do not contain a number, as 5.1 and "9 channels" do.
_CHANNELS = {
    "mono": 1,
    "stereo": 2,
    "downmix": 2,
    "quad": 4,
    "hexagonal": 6,
    "octagonal": 8,
    "cube": 8,
    "hexadecagonal": 16,
}


@functools.cache
def find_ffmpeg() -> str:
    """Find ffmpeg: the one in AUDIOSET_DUCK_FFMPEG, else on PATH, else from imageio-ffmpeg.

    Raises:
        AudiosetDuckError: The variable does not name a program.
    """
    named = os.environ.get("AUDIOSET_DUCK_FFMPEG")
    if named:
        if shutil.which(named) is None:
            raise AudiosetDuckError(
                f"AUDIOSET_DUCK_FFMPEG is {named!r}, which is not a program; name one, or unset it"
            )
        return named
    if found := shutil.which("ffmpeg"):
        return found
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def validate_audio(data: bytes, limits: ValidationLimits, ending: str) -> ValidationResult:
    """Validate an audio file by libsndfile, or by ffmpeg if that cannot read it or know its length.

    Args:
        data: The bytes of the file.
        limits: How long and how loud it must be.
        ending: One of `names.AUDIO_ENDINGS`: the format that it must have.
    """
    if ending in FORMATS and states_length(io.BytesIO(data)):
        return validate(data, limits, ending)
    return validate_by_ffmpeg(data, limits, ending)


def validate_by_ffmpeg(
    data: bytes, limits: ValidationLimits, ending: str = ".wav"
) -> ValidationResult:
    """Validate an audio file as `validation.validate` does, with ffmpeg's volumedetect."""
    if not data:
        return ValidationResult("empty", "the file has no bytes")
    with _temporary_file(data) as path:
        result, codec, mean_dbfs = _measure(path)
    if result.status != "ok":
        reason = placeholder_reason(data)
        return replace(result, reason=reason) if reason else result
    if ending in _CODECS and not re.match(_CODECS[ending], codec):
        return replace(
            result, status="wrong_format", reason=f"it is {codec}, not {ending[1:].upper()}"
        )
    if error := length_error(result, data, ending):
        return error
    return apply_limits(result, limits, mean_dbfs)


def wav_by_ffmpeg(data: bytes, codec: str = "pcm_s16le") -> bytes:
    """Decode an audio file that libsndfile cannot read, as a WAV file.

    Args:
        data: The bytes of the file.
        codec: ffmpeg's name for the samples of the WAV file; by default, they have 16 bits.

    Raises:
        AudiosetDuckError: It cannot be decoded.
    """
    with _temporary_file(data) as path:
        done = _run(path, "-v", "error", "-c:a", codec, "-f", "wav", "pipe:1")
    if done.returncode:
        raise AudiosetDuckError(f"it cannot be decoded: {done.stderr.decode(errors='replace')}")
    return done.stdout


def _run(path: str, *output: str) -> subprocess.CompletedProcess[bytes]:
    """Run ffmpeg on the first audio stream of a file.

    Args:
        path: The file.
        *output: The options and the name of what it writes.

    Raises:
        AudiosetDuckError: It does not finish.
    """
    # Lines of progress end in no line feed, so that what filters report would not begin a line.
    command = [find_ffmpeg(), "-nostdin", "-hide_banner", "-nostats"]
    command += ["-format_whitelist", DEMUXERS, "-i", path, "-map", "0:a:0", *output]
    try:
        return subprocess.run(  # noqa: S603
            command, capture_output=True, check=False, timeout=_MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise AudiosetDuckError(
            f"ffmpeg does not finish decoding it within {_MOST_SECONDS} s"
        ) from None


@contextlib.contextmanager
def _temporary_file(data: bytes) -> Iterator[str]:
    """A file, since ffmpeg has to seek in the containers of videos."""
    with tempfile.NamedTemporaryFile(prefix="audioset-duck-") as file:
        file.write(data)
        file.flush()
        yield file.name


def _measure(path: str) -> tuple[ValidationResult, str, float | None]:
    """Decode audio with ffmpeg: what it measures, the codec, and the peak of the channels' mean."""
    try:
        done = _run(path, "-af", _FILTERS, "-f", "null", "-")
    except AudiosetDuckError as error:
        return ValidationResult("corrupted", str(error)), "", None
    text = done.stderr.decode(errors="replace")
    stream = _STREAM.search(text)
    if done.returncode or stream is None:
        last = text.strip().splitlines()[-1] if text.strip() else "ffmpeg reports no reason"
        return ValidationResult("corrupted", f"it cannot be decoded: {last}"), "", None
    codec, rate, layout = stream[1], int(stream[2]), stream[3]
    channels = _CHANNELS.get(layout) or sum(map(int, re.findall(r"\d+", layout))) or 1
    # A filter that is set up twice reports twice: the last counts are those of the audio.
    samples, peaks, means = (pattern.findall(text) for pattern in (_SAMPLES, _PEAK, _MEAN))
    seconds = int(samples[-1]) / channels / rate if samples else 0.0
    result = ValidationResult(
        "ok",
        duration_seconds=seconds,
        sample_rate_hz=rate,
        channels=channels,
        peak_dbfs=float(peaks[-1]) if peaks else None,
    )
    # That of one channel is the peak again.
    mean_dbfs = float(means[-1]) if means and channels > 1 else None
    return header_error(result) or result, codec, mean_dbfs
