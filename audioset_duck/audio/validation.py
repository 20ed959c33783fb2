"""Audio files, validated and converted in memory."""

from __future__ import annotations

import io
import math
import re
import struct
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import BinaryIO, Literal

import numpy as np
import soundfile
import soxr

from audioset_duck.audio.names import FORMATS
from audioset_duck.filesystem import placeholder_reason

Status = Literal[
    "ok",
    "missing",
    "silent",
    "too_short",
    "empty",
    "corrupted",
    "wrong_format",
    "wrong_part",
    "wrong_length",
    "unsupported",
]
# A header may state 1 Hz, and so days of audio, which would be gigabytes at another rate.
SAMPLE_RATES = range(1000, 384_001)
# In a clip that is resampled: 8 channels of 192 kHz have 15 million in 10 s.
MAX_SAMPLES = 64_000_000
# The largest number of seconds in a DECIMAL(9,3) of the catalog.
MAX_SECONDS = 999_999
_FRAMES_A_PART = 2**20
# In the first frame of an MP3 file: a tag that states the number of frames.
_LENGTH_TAG = re.compile(rb"(?:Xing|Info)\0{3}[\x01\x03\x05\x07\x09\x0b\x0d\x0f]|VBRI")
_BYTES_TO_TAG = 2048
# In a FLAC file, of the first block of metadata, which says what the audio is.
_STREAMINFO_END = 42
# What ffmpeg's volumedetect reports for 16-bit audio whose samples are all 0.
SILENCE_DBFS = -91.0
# Of full scale, which floating-point samples may exceed: more are whole numbers, or rubbish.
MAX_AMPLITUDE = 64


@dataclass(frozen=True)
class ValidationResult:
    """The result of validating an audio file.

    Attributes:
        status: `ok`, or the kind of error.
        reason: The error in a sentence; None if the status is `ok`.
        duration_seconds: Length, in seconds.
        sample_rate_hz: Samples per second and channel.
        channels: Number of channels.
        peak_dbfs: Largest sample after conversion to 16 bits, in dB of full scale, -91 to 0, as
            ffmpeg's volumedetect gives its max_volume.
    """

    status: Status
    reason: str | None = None
    duration_seconds: float | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None
    peak_dbfs: float | None = None


@dataclass(frozen=True)
class ValidationLimits:
    """The limits that a valid clip keeps.

    Attributes:
        min_duration: Shortest length, in seconds.
        silence_db_threshold: A clip whose `peak_dbfs` is below it is silent. So is one whose mean
            of all channels, which is what is read of it, varies by less.
    """

    min_duration: float = 0.5
    silence_db_threshold: float = -60.0


def validate(data: bytes, limits: ValidationLimits, ending: str = ".wav") -> ValidationResult:
    """Decode an audio file once and decide whether it is a valid clip.

    Args:
        data: The bytes of the file.
        limits: How long and how loud it must be.
        ending: One of `names.FORMATS`: the format that it must have.
    """
    if not data:
        return ValidationResult("empty", "the file has no bytes")
    try:
        with open_audio(data) as file:
            result = ValidationResult(
                "ok",
                sample_rate_hz=file.samplerate,
                channels=file.channels,
                duration_seconds=file.frames / file.samplerate,
            )
            if error := (
                format_error(result, file.format, ending)
                or header_error(result)
                or length_error(result, data, ending)
            ):
                return error
            # In parts, since a header may state more samples than fit into memory.
            frames, peaks, means = 0, [], []
            kind = "float64" if file.subtype in ("FLOAT", "DOUBLE") else "int16"
            while len(part := file.read(_FRAMES_A_PART, dtype=kind, always_2d=True)):
                frames += len(part)
                peaks.append((part.min(), part.max()))
                mean = part if part.shape[1] == 1 else part.mean(axis=1)
                means.append((mean.min(), mean.max()))
            if frames < file.frames:
                return replace(
                    result,
                    status="corrupted",
                    reason=f"only {frames} of its {file.frames} samples can be decoded",
                )
    except soundfile.LibsndfileError as error:
        reason = placeholder_reason(data) or f"it cannot be decoded: {error.error_string}"
        return ValidationResult("corrupted", reason)
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        return ValidationResult("corrupted", f"it cannot be decoded: {error}")
    extremes, mean = np.asarray(peaks), np.asarray(means)
    if kind == "float64":
        if rubbish := sample_error(extremes):
            return replace(result, status="corrupted", reason=rubbish)
        extremes = np.clip(np.round(extremes * 32768), -32768, 32767).astype(np.int16)
        mean = np.clip(mean * 32768, -32768, 32767)
    result = replace(result, peak_dbfs=peak_dbfs(extremes))
    return apply_limits(result, limits, _dbfs(float(mean.max()) - float(mean.min())))


def open_audio(data: bytes) -> soundfile.SoundFile:
    """Open an audio file by libsndfile, if need be without what it rejects beside the audio.

    Args:
        data: The bytes of the file.

    Raises:
        soundfile.LibsndfileError: It cannot be opened.
    """
    try:
        return soundfile.SoundFile(io.BytesIO(data))
    except soundfile.LibsndfileError:
        if (bare := _bare_flac(data)) is None:
            raise
        return soundfile.SoundFile(io.BytesIO(bare))


def _bare_flac(data: bytes) -> bytes | None:
    """A FLAC file with no other metadata than STREAMINFO; None if it is not one.

    A picture that is not quite as the format says makes libsndfile reject the file.
    """
    position, is_last = 4, False
    while not is_last:
        header = data[position : position + 4]
        if len(header) < 4:
            return None
        is_last = header[0] & 0x80 > 0
        position += 4 + int.from_bytes(header[1:])
    if data[:4] != b"fLaC" or data[4] & 0x7F or position > len(data):
        return None
    return b"fLaC\x80" + data[5:_STREAMINFO_END] + data[position:]


def sample_error(samples: np.ndarray) -> str | None:
    """What is wrong with samples that are no audio; None if they are.

    Args:
        samples: Floating-point samples, full scale being 1, of any shape; or their extremes.
    """
    # Not by their absolute values, which would be a copy. NaN is in no range.
    low, high = samples.min(initial=0), samples.max(initial=0)
    if low >= -MAX_AMPLITUDE and high <= MAX_AMPLITUDE:
        return None
    if not np.isfinite([low, high]).all():
        return "it has samples that are not finite numbers"
    return (
        f"its samples reach {max(high, -low):.3g} times full scale; expected floating-point samples"
        " from -1 to 1"
    )


def format_error(result: ValidationResult, found: str, ending: str) -> ValidationResult | None:
    """The error of a file whose content is not what its ending says; None if it is.

    Args:
        result: What is known of the file.
        found: The format that libsndfile reports.
        ending: One of `names.FORMATS`.
    """
    if found in FORMATS[ending]:
        return None
    return replace(result, status="wrong_format", reason=f"it is {found}, not {ending[1:].upper()}")


def header_error(result: ValidationResult) -> ValidationResult | None:
    """The error of a header that states a rate or length that no audio has; None if it is fine."""
    seconds, rate = result.duration_seconds, result.sample_rate_hz
    if rate is not None and rate not in SAMPLE_RATES:
        return ValidationResult(
            "wrong_format",
            f"its sample rate is {rate:,} Hz; expected {SAMPLE_RATES[0]:,} to"
            f" {SAMPLE_RATES[-1]:,} Hz",
        )
    if seconds is not None and seconds > MAX_SECONDS:
        return ValidationResult("corrupted", f"its header states a length of {seconds:,.0f} s")
    return None


def length_error(result: ValidationResult, data: bytes, ending: str) -> ValidationResult | None:
    """The error of a WAV file that is cut short, or of a file without samples; None for others."""
    if ending == ".wav" and (missing := missing_bytes(io.BytesIO(data), len(data))):
        return replace(
            result,
            status="corrupted",
            reason=f"it is cut short: it lacks {missing} bytes of what its header says",
        )
    if not result.duration_seconds:
        return replace(result, status="empty", reason="it has no samples", duration_seconds=0.0)
    return None


def apply_limits(
    result: ValidationResult, limits: ValidationLimits, mean_dbfs: float | None = None
) -> ValidationResult:
    """Decide whether a decoded file is long and loud enough.

    Args:
        result: What is known of the file.
        limits: The limits.
        mean_dbfs: By how much the mean of its channels varies, in dB of full scale.
    """
    seconds, peak = result.duration_seconds, result.peak_dbfs
    if seconds is None or peak is None:
        return result
    if seconds < limits.min_duration:
        return replace(
            result,
            status="too_short",
            reason=f"it lasts {seconds:.3f} s, less than {limits.min_duration} s",
        )
    if peak < limits.silence_db_threshold:
        return replace(
            result,
            status="silent",
            reason=f"its peak is {peak:.1f} dBFS, below {limits.silence_db_threshold} dBFS",
        )
    if mean_dbfs is not None and mean_dbfs < limits.silence_db_threshold:
        what = (
            "its samples are nearly constant: they vary"
            if result.channels == 1
            else "its channels cancel each other out: their mean varies"
        )
        return replace(
            result,
            status="silent",
            reason=f"{what} by {mean_dbfs:.1f} dBFS, below {limits.silence_db_threshold} dBFS",
        )
    return result


def check_length(result: ValidationResult, clip_seconds: Decimal | None) -> ValidationResult:
    """Reject audio that is over a second longer than its clip, as that of a whole video is."""
    seconds = result.duration_seconds
    if (
        result.status != "ok"
        or clip_seconds is None
        or seconds is None
        or seconds <= float(clip_seconds) + 1
    ):
        return result
    return replace(
        result,
        status="wrong_length",
        reason=f"it lasts {seconds:.3f} s, the clip {clip_seconds} s",
    )


def refuse_if_large(result: ValidationResult, sample_rate: int) -> ValidationResult:
    """Refuse a file that would be far larger than any clip after resampling."""
    samples = (result.duration_seconds or 0) * sample_rate * (result.channels or 0)
    if samples <= MAX_SAMPLES:
        return result
    return replace(
        result,
        status="wrong_format",
        reason=f"it would have {samples:,.0f} samples at {sample_rate:,} Hz, more than any clip",
    )


def peak_dbfs(samples: np.ndarray) -> float:
    """Largest absolute sample of 16-bit audio, in dB of full scale.

    Args:
        samples: int16, of any shape.
    """
    # Not np.abs: -32768 has no positive counterpart in 16 bits.
    return _dbfs(max(int(samples.max(initial=0)), -int(samples.min(initial=0))))


def _dbfs(level: float) -> float:
    """A level of 16-bit samples in dB of full scale, -91 at the least."""
    return max(20 * math.log10(level / 32768), SILENCE_DBFS) if level else SILENCE_DBFS


def rewrite(data: bytes, to: str, sample_rate: int | None = None, mono: bool = False) -> bytes:
    """Convert a valid file that libsndfile reads.

    Without resampling or mixing, no sample of WAV or FLAC changes, unless FLAC has no such samples.
    What is compressed with loss becomes 16 bits.

    Args:
        data: The bytes of the file.
        to: The format: `wav` or `flac`.
        sample_rate: Samples per second and channel; None keeps the rate of the file.
        mono: Mix all channels into one, by their mean.
    """
    with open_audio(data) as file:
        subtype, rate = file.subtype, file.samplerate
        changes = (mono and file.channels > 1) or (sample_rate not in (None, rate))
        is_pcm = subtype.startswith("PCM")
        samples = file.read(dtype="int32" if is_pcm and not changes else "float64", always_2d=True)
    if mono and samples.shape[1] > 1:
        samples = samples.mean(axis=1, keepdims=True)
    if sample_rate is not None and sample_rate != rate:
        samples = soxr.resample(samples, rate, sample_rate)
        rate = sample_rate
    if not is_pcm and subtype not in ("FLOAT", "DOUBLE"):
        subtype = "PCM_16"
    if to == "flac" and subtype not in ("PCM_16", "PCM_24"):
        # FLAC has no unsigned 8-bit samples, and libsndfile writes no 32-bit samples into it.
        subtype = "PCM_16" if subtype == "PCM_U8" else "PCM_24"
    written = io.BytesIO()
    soundfile.write(written, samples, rate, subtype=subtype, format=to.upper())
    return written.getvalue()


def missing_bytes(file: BinaryIO, byte_count: int) -> int:
    """The number of bytes by which the samples of a WAV file are fewer than its header says.

    Args:
        file: The file, from its start to its end.
        byte_count: Its size.
    """
    file.seek(0)
    form = file.read(12)[:4]
    position = 12
    while position + 8 <= byte_count:
        name, size = struct.unpack("<4sI", file.read(8))
        position += 8
        if name == b"data":
            # A file that was written to a pipe has no size in its header, or the largest one.
            unknown = size in (0, 0xFFFFFFFF) or form == b"RF64"
            return 0 if unknown else max(0, size - (byte_count - position))
        position += size + size % 2
        file.seek(position)
    return 0


def states_length(file: BinaryIO) -> bool:
    """Whether libsndfile can know how long an audio file is.

    Not so of FLAC that was written to a pipe, nor of MP3 without a tag that states its length,
    which libsndfile estimates, often by half. It cannot open FLAC in Ogg.

    Args:
        file: The file, at its start.
    """
    head = file.read(_BYTES_TO_TAG)
    if head[:3] == b"ID3":
        # Four times seven bits.
        file.seek(10 + sum(byte << 7 * place for place, byte in enumerate(head[9:5:-1])))
        head = file.read(_BYTES_TO_TAG)
    if head[:4] == b"fLaC":
        return int.from_bytes(head[18:26]) & (2**36 - 1) > 0
    if head[:4] == b"OggS":
        return b"\x7fFLAC" not in head[:64]
    is_mp3 = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return not is_mp3 or _LENGTH_TAG.search(head) is not None
