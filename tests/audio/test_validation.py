"""What a valid clip is: audio that sounds when it is read, as NumPy measures it."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from audioset_duck.audio.archives import list_members
from audioset_duck.audio.ffmpeg import validate_audio, validate_by_ffmpeg
from audioset_duck.audio.names import Skipped
from audioset_duck.audio.scan import find_files
from audioset_duck.audio.slices import read_audio, read_slice
from audioset_duck.audio.validation import ValidationLimits, rewrite, validate
from audioset_duck.errors import AudiosetDuckError

RATE = 8000
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
LIMITS = ValidationLimits()


def written(samples: np.ndarray, subtype: str = "PCM_16", to: str = "WAV", rate: int = RATE):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=subtype, format=to)
    return file.getvalue()


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.nan, "not finite numbers"),
        (np.inf, "not finite numbers"),
        (-np.inf, "not finite numbers"),
        (-1e29, r"1e\+29 times full scale"),
        (16384.0, r"1.64e\+04 times full scale"),
    ],
)
def test_samples_that_are_not_audio(
    value: float, reason: str, subtype: str, tmp_path: Path
) -> None:
    """One of them is enough: a network that reads it has no loss any more."""
    samples = TONE.copy()
    samples[500] = value
    path = tmp_path / "x.wav"
    path.write_bytes(written(samples, subtype))
    with pytest.raises(AudiosetDuckError, match=reason):
        raise AudiosetDuckError(validate(path.read_bytes(), LIMITS).reason)
    assert validate(path.read_bytes(), LIMITS).status == "corrupted"
    for rate in (RATE, 2 * RATE):
        with pytest.raises(AudiosetDuckError, match=reason):
            read_slice(str(path), 0, 1, rate, np.empty(rate, np.float32))
    with pytest.raises(AudiosetDuckError, match=reason):
        read_audio(path)
    # A slice beside it is what it is.
    wav = np.empty(RATE // 2, np.float32)
    read_slice(str(path), 0.5, 1, RATE, wav)
    np.testing.assert_array_equal(wav, samples[RATE // 2 :].astype(np.float32))


def test_samples_above_full_scale_are_audio(tmp_path: Path) -> None:
    samples = 3 * TONE
    assert validate(written(samples, "FLOAT"), LIMITS).status == "ok"
    (tmp_path / "x.wav").write_bytes(written(samples, "FLOAT"))
    np.testing.assert_array_equal(read_audio(tmp_path / "x.wav")[0], samples.astype(np.float32))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("decide", [validate, validate_by_ffmpeg])
def test_channels_that_cancel_each_other_out_are_silent(decide, subtype: str) -> None:
    """A Dataset reads the mean of the channels, of which nothing would be left."""
    for other, status in [(-1, "silent"), (-0.9995, "silent"), (-0.9, "ok"), (0, "ok"), (1, "ok")]:
        result = decide(written(np.stack([TONE, other * TONE], 1), subtype), LIMITS)
        assert result.status == status, other
        assert result.peak_dbfs == pytest.approx(-6.02, abs=0.1)
        assert (result.reason or "").startswith("its channels cancel") is (status == "silent")
    assert decide(written(np.stack([TONE, -TONE], 1)), ValidationLimits(0.5, -91)).status == "ok"


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_constant_is_silent(channels: int, subtype: str) -> None:
    """Whatever its level, as that of a recorder without a microphone."""
    levels = np.array([0.3, -0.9])[:channels]
    for tone, status in [(0, "silent"), (1e-4, "silent"), (1e-2, "ok")]:
        samples = (tone * 2 * TONE)[:, None] + levels
        assert validate(written(samples, subtype), LIMITS).status == status
    # Full scale is more than the largest number of 16 bits.
    square = np.sign(TONE)
    assert validate(written(square, subtype), LIMITS).status == "ok"


@pytest.mark.parametrize("to", ["wav", "flac"])
def test_overshoot_of_resampling_is_cut_and_does_not_wrap(to: str) -> None:
    square = np.where(np.arange(44_100) // 60 % 2, 1.0, -1.0)
    data = written(square, rate=44_100)
    samples, _ = soundfile.read(io.BytesIO(rewrite(data, to, 16_000)))
    exact = soxr.resample(soundfile.read(io.BytesIO(data))[0], 44_100, 16_000)
    assert exact.max() > 1.05 and exact.min() < -1.05
    assert np.abs(samples - np.clip(exact, -1, 1)).max() < 1e-4


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "git lfs pull"),
        (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "it is a web page"),
        (b'\n<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "it is a web page"),
    ],
)
def test_what_stands_in_the_place_of_audio_is_named(
    data: bytes, reason: str, tmp_path: Path
) -> None:
    endings = (".wav", ".flac", ".mp3", ".opus", ".m4a")
    for place, ending in enumerate(endings):
        (tmp_path / f"Yaaaaaaaaa{place:02d}{ending}").write_bytes(data)
    for is_decoded in (False, True):
        for row in find_files(tmp_path, validate=is_decoded).to_pylist():
            assert row["status"] == "corrupted", row
            assert reason in row["reason"]
    assert reason in validate_audio(data, LIMITS, ".webm").reason
    for name in ("a.zip", "a.tar", "a.tar.gz", "a.parquet"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(AudiosetDuckError, match=f"{name} is not an archive: .*{reason}"):
            list_members(tmp_path / name, Skipped())
