"""Slices against whole files, decoded by soundfile or ffmpeg and cut."""

import gc
import io
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile
import soxr
from support.effort import MORE

from audioset_duck.audio import pyav, slices
from audioset_duck.audio.ffmpeg import find_ffmpeg
from audioset_duck.audio.scan import find_files
from audioset_duck.audio.slices import FilePart, read_audio, read_slice
from audioset_duck.audio.validation import rewrite
from audioset_duck.errors import AudiosetDuckError

SECONDS = 6.0137


class Form(NamedTuple):
    """How a file is made by ffmpeg, and what decodes it whole."""

    ending: str
    options: str
    rate: int = 44_100
    channels: int = 2
    is_piped: bool = False
    reference: str = "soundfile"


# Bit for bit.
LOSSLESS = {
    "pcm_8": Form("wav", "-c:a pcm_u8"),
    "pcm_16": Form("wav", "-c:a pcm_s16le", 32_000, 1),
    "pcm_16_of_a_pipe": Form("wav", "-c:a pcm_s16le -f wav", is_piped=True),
    "wavex_24": Form("wav", "-c:a pcm_s24le"),
    "wavex_32": Form("wav", "-c:a pcm_s32le", 48_000),
    "float_32": Form("wav", "-c:a pcm_f32le"),
    "float_64": Form("wav", "-c:a pcm_f64le"),
    "a_law": Form("wav", "-c:a pcm_alaw", 8000, 1),
    "mu_law": Form("wav", "-c:a pcm_mulaw", 22_050),
    "rf64": Form("wav", "-c:a pcm_s16le -rf64 always"),
    "w64": Form("w64", "-c:a pcm_s16le"),
    "ima_adpcm": Form("wav", "-c:a adpcm_ima_wav"),
    "ms_adpcm": Form("wav", "-c:a adpcm_ms", 16_000, 1),
    "flac_16": Form("flac", "-sample_fmt s16", 32_000, 1),
    "flac_24": Form("flac", "-sample_fmt s32", 48_000),
    "flac_of_a_pipe": Form("flac", "-sample_fmt s16 -f flac", is_piped=True, reference="ffmpeg"),
    "flac_in_ogg": Form("oga", "-c:a flac -f ogg", reference="ffmpeg"),
}
LOSSY = {
    "mp3_cbr": Form("mp3", "-b:a 128k"),
    "mp3_cbr_16_khz": Form("mp3", "-b:a 32k", 16_000, 1),
    "mp3_vbr": Form("mp3", "-q:a 4"),
    "mp3_vbr_16_khz": Form("mp3", "-q:a 4", 16_000, 1),
    "mp3_cbr_without_xing": Form("mp3", "-b:a 128k -write_xing 0", reference="ffmpeg"),
    "mp3_vbr_without_xing": Form("mp3", "-q:a 4 -write_xing 0", reference="ffmpeg"),
    "mp3_without_tags": Form("mp3", "-q:a 4 -write_xing 0 -id3v2_version 0", reference="ffmpeg"),
    "mp3_of_a_pipe": Form("mp3", "-q:a 4 -f mp3", is_piped=True, reference="ffmpeg"),
    "vorbis": Form("ogg", "-c:a libvorbis -q:a 4"),
    "vorbis_16_khz": Form("ogg", "-c:a libvorbis -q:a 4", 16_000, 1),
    "vorbis_of_a_pipe": Form("ogg", "-c:a libvorbis -f ogg", is_piped=True),
    "opus": Form("opus", "-c:a libopus -b:a 64k", 48_000),
    "opus_of_16_khz": Form("opus", "-c:a libopus -b:a 24k", 16_000, 1),
}
BY_PYAV = {
    "aac_in_m4a": Form("m4a", "-c:a aac"),
    "aac_in_mp4_of_a_pipe": Form("mp4", "-c:a aac -movflags empty_moov -f mp4", is_piped=True),
    "aac_in_adts": Form("aac", "-c:a aac", 32_000, 1),
    "opus_in_webm": Form("webm", "-c:a libopus", 48_000),
    "vorbis_in_matroska": Form("mka", "-c:a libvorbis"),
    "opus_in_mp4": Form("mp4", "-c:a libopus", 48_000),
}
BY_PYAV = {name: form._replace(reference="ffmpeg") for name, form in BY_PYAV.items()}
FORMS = LOSSLESS | LOSSY | BY_PYAV


def make(folder: Path, form: Form) -> Path:
    """A file of noise and a rising tone that is louder in every other second."""
    random = np.random.default_rng(0)
    times = np.arange(round(SECONDS * form.rate)) / form.rate
    noise = random.uniform(-0.3, 0.3, (len(times), form.channels))
    noise *= np.where(times % 2 < 1, 0.05, 1)[:, None]
    tone = 0.4 * np.sin(2 * np.pi * 200 * times * (1 + times))
    soundfile.write(folder / "source.wav", noise + tone[:, None], form.rate, subtype="PCM_24")
    path = folder / f"audio.{form.ending}"
    command = [find_ffmpeg(), "-nostdin", "-v", "error", "-y", "-i", folder / "source.wav"]
    command += [*form.options.split(), "pipe:1" if form.is_piped else path]
    done = subprocess.run(command, check=True, capture_output=True)
    if form.is_piped:
        path.write_bytes(done.stdout)
    return path


def decoded(path: Path, form: Form) -> tuple[np.ndarray, int]:
    """The mean of the channels of a whole file, and its rate."""
    if form.reference == "soundfile":
        frames, rate = soundfile.read(path, dtype="float32", always_2d=True)
    else:
        command = [find_ffmpeg(), "-v", "error", "-i", path, "-c:a", "pcm_f32le", "-f", "wav", "-"]
        done = subprocess.run(command, check=True, capture_output=True)
        frames, rate = soundfile.read(io.BytesIO(done.stdout), dtype="float32", always_2d=True)
    return frames.mean(axis=1, dtype="float32"), rate


def random_slices(seconds: float) -> list[tuple[float, float]]:
    """Starts and ends: any, of whole milliseconds, and near the end of the audio."""
    random = np.random.default_rng(1)
    starts = random.uniform(0, seconds - 0.01, 20 * MORE).tolist()
    starts += random.uniform(seconds - 0.5, seconds - 0.01, 10 * MORE).tolist()
    starts = [start if place % 2 else round(start, 3) for place, start in enumerate(starts)]
    return [(0, 1), *((start, start + random.uniform(0.005, 1)) for start in starts)]


def expected_slice(whole: np.ndarray, rate: int, start: float, end: float) -> np.ndarray:
    part = whole[round(start * rate) : round(end * rate)]
    return np.pad(part, (0, rate - len(part)))


@pytest.mark.parametrize("name", FORMS)
def test_slices_are_those_of_the_whole_file(tmp_path: Path, name: str) -> None:
    """Whether it is a file of its own, or within another one."""
    form = FORMS[name]
    path = make(tmp_path, form)
    whole, rate = decoded(path, form)
    data = path.read_bytes()
    archive = tmp_path / "archive.tar"
    archive.write_bytes(data[:700] + data + data[300:])
    tolerance = 0 if name in LOSSLESS else 2e-6
    wav, wav_of_part = np.empty((2, rate), np.float32)
    # At the end, MP4 files have padding of the encoder; versions of ffmpeg differ in dropping it.
    for start, end in random_slices(min(SECONDS, len(whole) / rate)):
        if form.ending in ("m4a", "mp4"):
            end = min(end, SECONDS)
        wav[:] = wav_of_part[:] = 9
        read_slice(str(path), start, end, rate, wav)
        np.testing.assert_allclose(
            wav, expected_slice(whole, rate, start, end), rtol=0, atol=tolerance
        )
        read_slice(str(archive), start, end, rate, wav_of_part, 700, len(data))
        np.testing.assert_array_equal(wav_of_part, wav)
    samples, found_rate = read_audio(path, 0)
    assert found_rate == rate
    assert abs(len(samples) - len(whole)) <= (1024 if form.ending in ("m4a", "mp4") else 0)
    both = min(len(samples), len(whole))
    np.testing.assert_allclose(samples[:both], whole[:both], rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["mp3_vbr_without_xing", "flac_in_ogg"])
def test_without_pyav_ffmpeg_decodes_what_libsndfile_does_not(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "has_pyav", lambda: False)
    folder = tmp_path / "a folder, with: signs"
    folder.mkdir()
    path = make(folder, FORMS[name])
    whole, rate = decoded(path, FORMS[name])
    samples, _ = read_audio(path, 1.5, 2.5)
    np.testing.assert_allclose(
        samples, whole[round(1.5 * rate) : round(2.5 * rate)], rtol=0, atol=2e-6
    )
    (folder / "archive").write_bytes(b"x" * 99 + path.read_bytes() + b"x" * 99)
    part, _ = read_audio(folder / "archive", 1.5, 2.5, 99, path.stat().st_size)
    np.testing.assert_array_equal(part, samples)


@pytest.mark.parametrize("name", BY_PYAV)
def test_without_pyav_the_error_says_how_to_get_it(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path, BY_PYAV[name])
    assert pyav.unsupported_reason(path) is None
    pyav.has_pyav.cache_clear()
    monkeypatch.setitem(sys.modules, "av", None)
    with monkeypatch.context() as patched:
        patched.setattr(pyav.importlib.util, "find_spec", lambda name: None)
        assert not pyav.has_pyav()
    try:
        with pytest.raises(AudiosetDuckError, match=r"pip install 'audioset-duck\[av\]', or conv"):
            read_slice(str(path), 0, 1, 8000, np.empty(8000, np.float32))
        assert "pip install 'audioset-duck[av]'" in pyav.unsupported_reason(path)
        for ending in ("wav", "flac", "mp3", "ogg", "oga", "opus"):
            assert pyav.unsupported_reason(tmp_path / f"audio.{ending}") is None
    finally:
        pyav.has_pyav.cache_clear()


def with_false_seek_table(data: bytes) -> bytes:
    """A FLAC file with a seek table that points nowhere."""
    points = b"".join(
        (4096 * number).to_bytes(8) + (10**6 * number + 7).to_bytes(8) + (4096).to_bytes(2)
        for number in range(60)
    )
    table = b"\x03" + len(points).to_bytes(3) + points
    end_of_stream_info = 4 + 4 + 34
    return data[:end_of_stream_info] + table + data[end_of_stream_info:]


def test_a_flac_file_that_libsndfile_cannot_seek_in(tmp_path: Path) -> None:
    path = make(tmp_path, FORMS["flac_16"])
    whole, rate = decoded(path, FORMS["flac_16"])
    path.write_bytes(with_false_seek_table(path.read_bytes()))
    with soundfile.SoundFile(path) as file, pytest.raises(soundfile.LibsndfileError):
        for place in range(rate, len(whole), 7919):
            file.seek(place)
    for start, end in random_slices(SECONDS):
        wav = np.empty(rate, np.float32)
        read_slice(str(path), start, end, rate, wav)
        np.testing.assert_array_equal(wav, expected_slice(whole, rate, start, end))


@pytest.mark.parametrize("name", ["pcm_16", "flac_16", "mp3_vbr", "aac_in_m4a", "opus_in_webm"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_file_that_is_cut_short_gives_an_error(tmp_path: Path, name: str, share: float) -> None:
    """Where its audio is missing, and nowhere else."""
    form = FORMS[name]
    path = make(tmp_path, form)
    whole, rate = decoded(path, form)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: round(size * share)])
    wav = np.empty(rate, np.float32)
    outcomes = []
    for start in np.arange(0, 5.5, 0.25):
        try:
            read_slice(str(path), start, start + 0.5, rate, wav)
        except (AudiosetDuckError, soundfile.LibsndfileError) as error:
            outcomes.append(str(error))
        else:
            outcomes.append("")
            expected = expected_slice(whole, rate, start, start + 0.5)
            np.testing.assert_allclose(wav, expected, rtol=0, atol=2e-6)
    assert outcomes[-1]
    assert outcomes == sorted(outcomes, key=bool)
    # An MP4 file has its index at its end.
    assert outcomes[0] == "" or form.ending == "m4a"


def test_an_archive_that_shrinks_gives_an_error(tmp_path: Path) -> None:
    """The member before the loss is still read."""
    data = make(tmp_path, FORMS["pcm_16"]).read_bytes()
    archive = tmp_path / "archive.tar"
    archive.write_bytes(data + data)
    wav = np.empty(32_000, np.float32)
    read_slice(str(archive), 1, 2, 32_000, wav, len(data), len(data))
    with archive.open("r+b") as file:
        file.truncate(2 * len(data) - 1)
    read_slice(str(archive), 1, 2, 32_000, wav, 0, len(data))
    with pytest.raises(AudiosetDuckError, match=r"archive.tar has .* bytes, .* scan it again"):
        read_slice(str(archive), 1, 2, 32_000, wav, len(data), len(data))
    with FilePart(archive, len(data), len(data) - 1) as part:
        with archive.open("r+b") as file:
            file.truncate(len(data) + 50_000)
        with soundfile.SoundFile(part) as file:
            assert len(file.read(32_000)) < 32_000
    with pytest.raises(FileNotFoundError):
        read_slice(str(tmp_path / "gone.tar"), 1, 2, 32_000, wav, 0, 10)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 8192,
        b"<html><body>404 Not Found</body></html>" * 99,
        b"fLaC" + bytes(range(256)) * 30,
        b"OggS" + bytes(range(256)) * 30,
        b"\xff\xfb" + bytes(range(256)) * 30,
        b"\0\0\0\x18ftypM4A " + bytes(range(256)) * 30,
        b"\x1aE\xdf\xa3" + bytes(range(256)) * 30,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsource.wav\n#EXT-X-ENDLIST\n",
    ],
)
@pytest.mark.parametrize("is_with_pyav", [True, False])
def test_rubbish_is_refused(
    tmp_path: Path, data: bytes, is_with_pyav: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "has_pyav", lambda: is_with_pyav)
    (tmp_path / "audio.flac").write_bytes(data)
    with pytest.raises(AudiosetDuckError, match=r"audio\.flac cannot be read as audio"):
        read_audio(tmp_path / "audio.flac", 0, 1)


def test_threads_have_resamplers_of_their_own(tmp_path: Path) -> None:
    path = make(tmp_path, FORMS["pcm_16"])
    whole, rate = decoded(path, FORMS["pcm_16"])
    starts = [start for start, _ in random_slices(4.5)]
    barrier = threading.Barrier(4)

    def read(thread: int) -> list[np.ndarray]:
        barrier.wait()
        wavs = np.empty((len(starts), 16_000), np.float32)
        for start, wav in zip(starts, wavs, strict=True):
            read_slice(str(path), start, start + 1, 16_000, wav)
        return list(wavs)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read, range(4)))
    for start, *wavs in zip(starts, *found, strict=True):
        expected = soxr.resample(
            whole[round(start * rate) : round((start + 1) * rate)], rate, 16_000
        )
        for wav in wavs:
            np.testing.assert_allclose(wav, expected[:16_000], rtol=0, atol=1e-6)


def test_any_number_of_channels(tmp_path: Path) -> None:
    """Their mean, whatever decodes them."""
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (8000, 6))
    soundfile.write(tmp_path / "six.flac", noise, 8000, subtype="PCM_24")
    command = [find_ffmpeg(), "-v", "error", "-i", tmp_path / "six.flac", "-c:a", "copy"]
    subprocess.run([*command, tmp_path / "six.mka"], check=True)
    expected, _ = read_audio(tmp_path / "six.flac", 0.25, 0.75)
    found, rate = read_audio(tmp_path / "six.mka", 0.25, 0.75)
    assert (len(found), rate) == (4000, 8000)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found, noise[2000:6000].mean(axis=1), rtol=0, atol=1e-6)


def test_ends_without_audio(tmp_path: Path) -> None:
    path = make(tmp_path, FORMS["pcm_16"])
    with pytest.raises(AudiosetDuckError, match=r"no audio from 7 s to its end: it is 6.014 s"):
        read_audio(path, 7)
    with pytest.raises(AudiosetDuckError, match="no audio from 2 s to 2 s"):
        read_audio(path, 2, 2)
    with pytest.raises(AudiosetDuckError, match="start_seconds is -1; expected at least 0"):
        read_audio(path, -1)
    for name in ("flac_of_a_pipe", "aac_in_m4a", "mp3_vbr"):
        path = make(tmp_path, FORMS[name])
        with pytest.raises(AudiosetDuckError, match=r"it ends at 6.01\d s, before the sample"):
            read_slice(str(path), 7, 8, 8000, np.empty(8000, np.float32))


@pytest.mark.parametrize("name", sorted(set(FORMS) - {"w64"}))
def test_a_scan_knows_what_a_slice_can_be_read_of(tmp_path: Path, name: str) -> None:
    """Every form is valid; its length is that of the whole file, or unknown if it is not stated."""
    form = FORMS[name]
    path = make(tmp_path, form)
    (tmp_path / "found").mkdir()
    path = path.rename(tmp_path / "found" / f"-0049eXE2Zc.{form.ending}")
    frames, rate = decoded(path, form)
    for is_decoded in (False, True):
        (row,) = find_files(tmp_path / "found", validate=is_decoded).to_pylist()
        assert (row["status"], row["reason"]) == ("ok", None)
        seconds = row["duration_seconds"]
        if seconds is None:
            assert not is_decoded
        else:
            assert seconds == pytest.approx(len(frames) / rate, abs=0.05)


def test_a_file_that_is_not_there_leaves_nothing_to_close(tmp_path: Path) -> None:
    unraisable = []
    hook, sys.unraisablehook = sys.unraisablehook, unraisable.append
    try:
        with pytest.raises(FileNotFoundError):
            FilePart(tmp_path / "nothing.wav")
        gc.collect()
    finally:
        sys.unraisablehook = hook
    assert unraisable == []


def with_picture(data: bytes, ending: str) -> bytes:
    """A file with half a megabyte of cover, and chunks that other programs write.

    That of FLAC says that its text is longer than it is, which libsndfile rejects.
    """
    picture = np.random.default_rng(0).bytes(500_000)
    if ending == "flac":
        # STREAMINFO, the first block, is followed by one of type 6.
        last = data[4] & 0x80
        head = data[:4] + bytes([data[4] & 0x7F]) + data[5:42]
        return head + bytes([6 | last]) + len(picture).to_bytes(3) + picture + data[42:]
    if ending == "mp3":
        size = bytes(len(picture) >> 7 * place & 0x7F for place in (3, 2, 1, 0))
        return b"ID3\x03\0\0" + size + picture + data
    odd = b"LIST" + (5).to_bytes(4, "little") + b"INFOx\0"
    behind = b"id3 " + len(picture).to_bytes(4, "little") + picture + b"rest"
    return data[:12] + b"JUNK" + (28).to_bytes(4, "little") + bytes(28) + odd + data[12:] + behind


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3"])
def test_pictures_and_chunks_beside_the_audio_change_no_sample(tmp_path: Path, ending: str) -> None:
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, 24_000)
    path = tmp_path / f"Yaaaaaaaaaaa.{ending}"
    soundfile.write(path, noise, 16_000)
    expected, _ = soundfile.read(path, dtype="float32")
    path.write_bytes(with_picture(path.read_bytes(), ending))
    # MP3 is decoded in floating point, and differs in the last bits.
    most = 1e-6 if ending == "mp3" else 0
    np.testing.assert_allclose(read_audio(path)[0], expected, 0, most)
    wav = np.empty(8000, np.float32)
    read_slice(str(path), 0.7, 1.2, 16_000, wav)
    np.testing.assert_allclose(wav, expected[11_200:19_200], 0, most)
    converted, _ = soundfile.read(io.BytesIO(rewrite(path.read_bytes(), "wav")), dtype="float32")
    np.testing.assert_allclose(converted, expected, 0, 2**-15)
    for is_decoded in (False, True):
        (row,) = find_files(tmp_path, validate=is_decoded).to_pylist()
        assert (row["status"], row["duration_seconds"]) == ("ok", len(expected) / 16_000)
