"""Archives to files: real zips and WAVs, every kind of damage, kills at any moment."""

import io
import os
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pytest
import soundfile
from support.extraction import (
    CASES,
    GOOD,
    RATE,
    SILENT,
    foretell,
    inventory,
    run_extract,
    tone,
    wav,
)
from support.metadata import write_metadata

from audioset_duck.audio.archives import list_members
from audioset_duck.audio.extract import dask_executor, extract
from audioset_duck.audio.extraction_plan import DryRun
from audioset_duck.audio.ffmpeg import find_ffmpeg, validate_by_ffmpeg
from audioset_duck.audio.names import Skipped
from audioset_duck.audio.validation import ValidationLimits, peak_dbfs, rewrite, validate
from audioset_duck.audio.worker import Options
from audioset_duck.catalog.build import build
from audioset_duck.errors import AudiosetDuckError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a catalog of the clips in CASES, and the archives of them."""
    rows = [
        f"{ytid} 0.000 10.000 {'/m/028v0c' if 'silence' in ytid else '/m/09x0r'}" for ytid in CASES
    ]
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/028v0c Silence\n/m/09x0r Speech",
        weak_eval="\n".join(rows),
        unbalanced="unbalanced1 0.000 10.000 /m/09x0r",
        eval="good________0 0.000 1.000 /m/09x0r\nsilent______0 0.000 1.000 /m/028v0c",
    )
    build(tmp_path / "catalog.duckdb", [], metadata)
    zips = tmp_path / "zips"
    (zips / "unbalanced_train_segments").mkdir(parents=True)
    with zipfile.ZipFile(zips / "eval_segments.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for ytid, (data, _) in CASES.items():
            if data is not None:
                archive.writestr(f"eval_segments/Y{ytid}.wav", data)
        archive.writestr("eval_segments/Ynot_wanted_.wav", GOOD)
        archive.writestr("eval_segments/readme.txt", b"no clip")
    part = zips / "unbalanced_train_segments" / "unbalanced_train_segments_part07_full.ZIP"
    with zipfile.ZipFile(part, "w") as archive:
        archive.writestr("somewhere/else/Yunbalanced1.WAV", GOOD)
    return tmp_path


def files(place: Path) -> set[str]:
    root = place / "audio"
    return {
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and path.name != "audioset-duck-journal.jsonl"
    }


def test_every_status(place: Path) -> None:
    found = run_extract(place)
    assert {ytid: status for ytid, (status, _) in found.items()} == {
        ytid: status for ytid, (_, status) in CASES.items()
    }
    valid = {ytid for ytid, (_, status) in CASES.items() if status == "ok"}
    for ytid, (data, status) in CASES.items():
        if status == "ok":
            path = f"eval_segments/Y{ytid}.wav"
            assert found[ytid][1] == path
            assert (place / "audio" / path).read_bytes() == data
        else:
            assert found[ytid][1] is None
    invalid = CASES.keys() - valid - {"missing____"}
    assert files(place) == (
        {f"eval_segments/Y{ytid}.wav" for ytid in valid}
        | {f"invalid_audio/weak_eval/Y{ytid}.wav" for ytid in invalid}
        | {"missing_files/weak_eval.txt"}
    )
    assert (place / "audio/missing_files/weak_eval.txt").read_text() == "Ymissing____.wav\n"


def test_reasons_and_measures(place: Path) -> None:
    run_extract(place)
    with duckdb.connect(str(place / "catalog.duckdb"), read_only=True) as connection:
        rows = {
            row[0]: row[1:]
            for row in connection.execute(
                "select ytid, reason, duration_seconds, sample_rate_hz, channels, peak_dbfs, bytes,"
                " archive, member from audio_files"
            ).fetchall()
        }
    peak = 20 * np.log10(np.abs(tone(1.0).astype(int)).max() / 32768)
    reason, duration, *measures = rows["good_______"]
    assert (reason, float(duration)) == (None, 1.0)
    assert measures == [
        RATE,
        1,
        pytest.approx(peak),
        len(GOOD),
        "eval_segments.zip",
        "eval_segments/Ygood_______.wav",
    ]
    reasons = {ytid: row[0] for ytid, row in rows.items()}
    assert reasons["silent_____"] == "its peak is -91.0 dBFS, below -60.0 dBFS"
    assert reasons["short______"] == "it lasts 0.300 s, less than 0.5 s"
    assert reasons["cut________"] == "it is cut short: it lacks 1000 bytes of what its header says"
    assert reasons["missing____"] == "it is in none of the archives"


def test_layout_by_subset_links_what_is_in_two(place: Path) -> None:
    found = run_extract(place, "weak_eval", "strong_eval", layout="subset")
    one = place / "audio/weak_eval/good_______.wav"
    two = place / "audio/strong_eval/good_______.wav"
    assert one.samefile(two)
    assert found["missing____"] == ("missing", None)
    # Silent, but labelled Silence in the strong set only.
    assert (place / "audio/strong_eval/silent_____.wav").read_bytes() == SILENT
    assert (place / "audio/invalid_audio/weak_eval/silent_____.wav").exists()
    assert not (place / "audio/weak_eval/silent_____.wav").exists()


def test_folders_of_the_unbalanced_parts(place: Path) -> None:
    found = run_extract(place, "weak_unbalanced_train")
    path = "unbalanced_train_segments/unbalanced_train_segments_part07/Yunbalanced1.wav"
    assert found == {"unbalanced1": ("ok", path)}


def test_flac_has_the_same_samples(place: Path) -> None:
    found = run_extract(place, to="flac")
    path = place / "audio" / "eval_segments/Ygood_______.flac"
    assert found["good_______"][1] == "eval_segments/Ygood_______.flac"
    samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate == RATE
    assert (samples == tone(1.0)).all()


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8", "PCM_32"])
@pytest.mark.parametrize("to", ["wav", "flac"])
def test_rewriting_keeps_every_sample(subtype: str, to: str) -> None:
    noise = np.random.default_rng(0).integers(-(2**31), 2**31, (5000, 2)).astype(np.int32)
    data = wav(noise, subtype)
    before, _ = soundfile.read(io.BytesIO(data), dtype="int32", always_2d=True)
    after, _ = soundfile.read(io.BytesIO(rewrite(data, to)), dtype="int32", always_2d=True)
    if subtype == "PCM_32" and to == "flac":  # FLAC has 24 bits at most here.
        assert np.abs((before >> 8) - (after >> 8)).max() <= 1
    else:
        assert (before == after).all()


def test_resampling_and_mixing() -> None:
    data = wav(np.concatenate([tone(2.0), tone(2.0) // 2], axis=1))
    samples, rate = soundfile.read(io.BytesIO(rewrite(data, "wav", 16_000, True)), always_2d=True)
    assert (rate, samples.shape) == (16_000, (32_000, 1))
    # A tone of 440 Hz stays one, at the mean of both levels.
    spectrum = np.abs(np.fft.rfft(samples[:, 0]))
    assert spectrum.argmax() == 880
    assert np.abs(samples[4000:-4000]).max() == pytest.approx(0.375, abs=0.002)


@pytest.mark.parametrize("peak", [1, 2, 100, 32767, -32768])
def test_peak_is_that_of_volumedetect(peak: int, tmp_path: Path) -> None:
    import imageio_ffmpeg

    samples = np.zeros((RATE, 1), np.int16)
    samples[1000] = peak
    path = tmp_path / "x.wav"
    path.write_bytes(wav(samples))
    result = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-i", path, "-af", "volumedetect", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    told = float(result.stderr.split("max_volume: ")[1].split(" dB")[0])
    assert peak_dbfs(samples) == pytest.approx(told, abs=0.1)
    assert validate(path.read_bytes(), ValidationLimits(0, -91)).peak_dbfs == peak_dbfs(samples)


@pytest.mark.slow
def test_again_only_what_is_missing_is_done(place: Path) -> None:
    first = run_extract(place)
    path = place / "audio" / "eval_segments" / "Ygood_______.wav"
    other = place / "audio" / "eval_segments" / "Y-good_-good.wav"
    path.unlink()
    before = other.stat().st_mtime_ns
    assert run_extract(place) == first
    assert path.read_bytes() == GOOD
    assert other.stat().st_mtime_ns == before
    # With other limits, all is judged again.
    assert run_extract(place, limits=ValidationLimits(0.2))["short______"][0] == "ok"


def test_what_was_missing_is_found_later(place: Path) -> None:
    run_extract(place)
    with zipfile.ZipFile(place / "zips" / "eval_segments_late.zip", "w") as archive:
        archive.writestr("Ymissing____.wav", GOOD)
    assert run_extract(place)["missing____"][0] == "ok"
    assert (place / "audio/missing_files/weak_eval.txt").read_text() == ""


def test_discarding(place: Path) -> None:
    run_extract(place, discard_invalid=True)
    assert not (place / "audio" / "invalid_audio").exists()


def test_a_build_keeps_the_inventory(place: Path) -> None:
    found = run_extract(place)
    build(place / "catalog.duckdb", [], place / "metadata")
    (place / "metadata" / "mid_to_display_name.tsv").write_text("/m/1\tOther\n")
    build(place / "catalog.duckdb", [], place / "metadata")
    assert inventory(place) == found


@pytest.mark.slow
def test_a_clip_that_is_no_longer_valid(place: Path) -> None:
    """With other limits a clip's file moves, and only if it is that clip's."""
    run_extract(place, limits=ValidationLimits(0.2))
    valid = place / "audio" / "eval_segments" / "Yshort______.wav"
    invalid = place / "audio" / "invalid_audio" / "weak_eval" / "Yshort______.wav"
    assert (valid.exists(), invalid.exists()) == (True, False)
    assert run_extract(place)["short______"] == ("too_short", None)
    assert (valid.exists(), invalid.exists()) == (False, True)
    assert run_extract(place, limits=ValidationLimits(0.2))["short______"][0] == "ok"
    assert (valid.exists(), invalid.exists()) == (True, False)
    valid.write_bytes(b"of the user")
    assert run_extract(place, discard_invalid=True)["short______"][0] == "too_short"
    assert valid.read_bytes() == b"of the user"
    assert not invalid.exists()


@pytest.mark.slow
def test_what_was_corrupted_is_tried_again_in_another_archive(place: Path) -> None:
    archive = place / "zips" / "eval_segments.zip"
    damaged = archive.read_bytes()
    with zipfile.ZipFile(archive, "w") as opened:
        for ytid, (data, _) in CASES.items():
            opened.writestr(f"Y{ytid}.wav", GOOD if ytid == "garbage____" else data or b"")
    good = archive.read_bytes()
    archive.write_bytes(damaged)
    assert run_extract(place)["garbage____"][0] == "corrupted"
    journal = place / "audio" / "audioset-duck-journal.jsonl"
    kept = place / "audio" / "eval_segments" / "Ygood_______.wav"
    before = kept.stat().st_mtime_ns
    lines = len(journal.read_text().split())
    assert run_extract(place)["garbage____"][0] == "corrupted"
    # Only the clip that is missing is told of again.
    assert len(journal.read_text().split()) - lines == len(
        [line for line in journal.read_text().splitlines() if "missing" in line][-1].split()
    )
    archive.write_bytes(good)
    assert run_extract(place)["garbage____"][0] == "ok"
    assert not (place / "audio/invalid_audio/weak_eval/Ygarbage____.wav").exists()
    assert kept.stat().st_mtime_ns == before


def rewritten(path: Path, change) -> None:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


def test_a_member_with_a_bad_checksum(place: Path) -> None:
    archive = place / "zips" / "stored_eval.zip"
    (place / "zips" / "eval_segments.zip").unlink()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("Ygood_______.wav", GOOD)
        opened.writestr("Y-good_-good.wav", GOOD)
    rewritten(archive, lambda data: data.__setitem__(5000, data[5000] ^ 1))
    found = run_extract(place)
    assert found["good_______"][0] == "corrupted"
    assert found["-good_-good"][0] == "ok"


def test_members_that_are_refused(place: Path) -> None:
    (place / "zips" / "eval_segments.zip").unlink()
    bomb = place / "zips" / "eval_bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("Ygood_______.wav", bytes(70_000_000))
        opened.writestr("Y-good_-good.wav", GOOD)
        opened.writestr("Ysilent_____.wav", SILENT)

    def change(data: bytearray) -> None:
        directory = data.index(b"PK\x01\x02")
        second = data.index(b"PK\x01\x02", directory + 4)
        data[second + 8] |= 1  # encrypted, says the central directory
        third = data.index(b"PK\x01\x02", second + 4)
        struct.pack_into("<I", data, third + 24, 100)  # a size that is a lie

    rewritten(bomb, change)
    found = run_extract(place)
    assert found["good_______"][0] == "wrong_format"
    assert found["-good_-good"][0] == "unsupported"
    assert found["silent_____"][0] == "corrupted"


@pytest.mark.parametrize(
    "name", ["../../Ygood_______.wav", "/etc/Ygood_______.wav", "C:\\Ygood_______.wav"]
)
def test_names_that_lead_outside(place: Path, name: str) -> None:
    (place / "zips" / "eval_segments.zip").unlink()
    with zipfile.ZipFile(place / "zips" / "eval.zip", "w") as opened:
        opened.writestr(zipfile.ZipInfo(name), GOOD)
        opened.writestr("Y../../../x.wav", GOOD)
        opened.writestr("Ytoolongtoolong.wav", GOOD)
    before = {path for path in place.rglob("*") if "audio" not in path.parts}
    run_extract(place)
    after = {path for path in place.rglob("*") if "audio" not in path.parts}
    assert after == before
    assert files(place) <= {
        "eval/Ygood_______.wav",
        "eval_segments/Ygood_______.wav",
        "missing_files/weak_eval.txt",
    }


def test_of_a_name_twice_the_last_counts(place: Path) -> None:
    (place / "zips" / "eval_segments.zip").unlink()
    with (
        pytest.warns(UserWarning, match="Duplicate"),
        zipfile.ZipFile(place / "zips" / "eval.zip", "w") as opened,
    ):
        opened.writestr("Ygood_______.wav", SILENT)
        opened.writestr("Ygood_______.wav", GOOD)
    assert run_extract(place)["good_______"][0] == "ok"


def test_archives_that_cannot_be_read(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    (place / "zips" / "broken.zip").write_bytes(b"no zip")
    assert run_extract(place)["good_______"][0] == "ok"
    assert "broken.zip is not a complete zip archive" in caplog.text
    whole = (place / "zips" / "eval_segments.zip").read_bytes()
    (place / "zips" / "eval_segments.zip").write_bytes(whole[:-100])
    caplog.clear()
    (place / "zips/unbalanced_train_segments/unbalanced_train_segments_part07_full.ZIP").unlink()
    with pytest.raises(AudiosetDuckError, match=r"no archive in .*zips can be read, of 2 found"):
        run_extract(place)
    assert "eval_segments.zip is not a complete zip archive" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"subsets": ["strong"]},
            "target 'strong' is not in this catalog, which has none; build it with audioset-duck",
        ),
        (
            {"subsets": ["strong_train"]},
            "the catalog has no clips of strong_train: its source file",
        ),
        (
            {"archives": "nowhere"},
            "there is no folder .*nowhere; name the folder of the archives with --archives",
        ),
        (
            {"archives": "metadata"},
            r"metadata contains no archive ending in .zip, .tar, .tar.gz, .tgz",
        ),
        ({"catalog": "none"}, "there is no catalog"),
        ({"audio_root": "zips/eval_segments.zip"}, "cannot be written to: .*--audio-root"),
    ],
)
def test_what_cannot_be(place: Path, arguments: dict, message: str) -> None:
    words = {"catalog": "catalog.duckdb", "archives": "zips", "audio_root": "audio"}
    words |= {key: value for key, value in arguments.items() if key != "subsets"}
    paths = {key: place / value for key, value in words.items()}
    with pytest.raises(AudiosetDuckError, match=message):
        extract(subsets=arguments.get("subsets", ["weak_eval"]), options=Options(), **paths)
    assert not (place / "audio").exists()


def test_two_at_once(place: Path) -> None:
    from audioset_duck.audio.journal import Journal

    with Journal(place / "audio", ""), pytest.raises(AudiosetDuckError, match="another extraction"):
        run_extract(place)


def test_forecast(place: Path) -> None:
    told = foretell(place)
    assert (told.clips, told.missing, told.archives) == (len(CASES), 1, 1)
    assert (told.done, told.to_do) == (0, len(CASES) - 1)
    assert told.bytes == sum(len(data) for data, _ in CASES.values() if data is not None)
    assert not (place / "audio").exists()
    run_extract(place)
    before = {path: path.stat().st_mtime_ns for path in (place / "audio").rglob("*")}
    assert foretell(place) == DryRun(len(CASES), 1, len(CASES) - 1, 0, 0, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in (place / "audio").rglob("*")} == before


def test_command(run, place: Path) -> None:
    words = ["extract", "--archives", "zips", "--audio-root", "audio", "--subset", "weak_eval"]
    dry = run(*words, "--dry-run")
    assert dry.exit_code == 0, dry.stderr
    assert dry.stdout.splitlines()[2].split()[:5] == ["13", "1", "0", "12", "1"]
    assert not (place / "audio").exists()
    done = run(*words, "--workers", 1)
    assert done.exit_code == 0, done.stderr
    header, _, *rows = (line.split() for line in done.stdout.splitlines())
    assert header == ["subset", "status", "clip_count", "hours", "bytes"]
    # Of the subsets that were asked for, most frequent first; the clips of strong_eval are not.
    assert [row[:3] for row in rows] == [
        ["weak_eval", "ok", "5"],
        ["weak_eval", "corrupted", "2"],
        ["weak_eval", "empty", "2"],
        ["weak_eval", "missing", "1"],
        ["weak_eval", "silent", "1"],
        ["weak_eval", "too_short", "1"],
        ["weak_eval", "wrong_format", "1"],
    ]
    sizes = [len(data) for data, status in CASES.values() if status == "ok"]
    assert rows[0][3:] == ["0.00", f"{sum(sizes):,}"]
    # What was read, where it is, and what comes next.
    assert "Clips read from the archives: 12, and before: 0. " in done.stderr
    assert "invalid ones in audio/invalid_audio, lists of missing ones in audio/missing_files" in (
        done.stderr
    )
    assert "Next, build a target: audioset-duck build --target gun\n" in done.stderr


def test_audio_of_other_clips_only(run, place: Path) -> None:
    (place / "other").mkdir()
    (place / "other" / "YzzzzzzzzzzZ.wav").write_bytes(GOOD)
    done = run("scan", "--audio-root", "other")
    assert done.exit_code == 0
    assert "none of the files (1, such as " in done.stderr
    assert "YzzzzzzzzzzZ.wav) is of a clip of this catalog" in done.stderr


def test_an_archive_in_place_of_its_folder(run, place: Path) -> None:
    """No catalog is built for a path that cannot be read."""
    archive = next((place / "zips").rglob("*.zip"))
    for words in (
        ["extract", "--audio-root", "audio", "--subset", "weak_eval", "--archives", archive],
        ["scan", "--archives", archive],
        ["scan", "--audio-root", archive],
    ):
        refused = run(*words, "--catalog", "new.duckdb")
        assert refused.exit_code == 1
        assert f"{archive} is a file; name the folder of the a" in refused.stderr
    assert not (place / "new.duckdb").exists()


def test_summary_where_a_clip_is_valid_in_one_subset_only(run, place: Path) -> None:
    words = ["extract", "--archives", "zips", "--audio-root", "audio", "--layout", "subset"]
    done = run(*words, "--subset", "weak_eval", "--subset", "strong_eval")
    rows = [line.split()[:3] for line in done.stdout.splitlines()[2:]]
    # silent_____ is labelled Silence in strong_eval, and not in weak_eval.
    assert rows[0] == ["strong_eval", "ok", "2"]
    assert ["weak_eval", "silent", "1"] in rows


@pytest.mark.slow
def test_clips_that_a_target_needs(run, tmp_path: Path) -> None:
    """Positives and negatives of both kinds; not what is neither. Samples are then rebuilt."""
    write_metadata(
        tmp_path / "metadata",
        names="/m/gun Gun\n/m/rain Rain\n/m/boom Boom",
        train="positive____0 0.000 1.000 /m/gun\nnegative____0 0.000 1.000 /m/rain",
        balanced="weak_______ 0.000 10.000 /m/rain\nneither____ 0.000 10.000 /m/gun,/m/boom\n"
        "weakly_____ 0.000 10.000 /m/gun",
    )
    (tmp_path / "zips").mkdir()
    with zipfile.ZipFile(tmp_path / "zips" / "balanced_train_segments.zip", "w") as archive:
        for ytid in ("positive___", "weak_______", "weakly_____", "neither____"):
            archive.writestr(f"Y{ytid}.wav", GOOD)
    words = ["--archives", "zips", "--audio-root", "audio"]
    build = ("build", "--name", "shot", "--label", "Gun", "--ignore", "Boom")
    assert run(*build).exit_code == 0
    done = run("extract", *words, "--target", "shot", "--layout", "subset")
    assert done.exit_code == 0, done.stderr
    assert [line.split()[:3] for line in done.stdout.splitlines()[2:]] == [
        ["shot", "ok", "3"],
        ["shot", "missing", "1"],
    ]
    assert files(tmp_path) == {
        "shot/positive___.wav",
        "shot/weak_______.wav",
        "shot/weakly_____.wav",
        "missing_files/shot.txt",
    }
    assert (tmp_path / "audio/missing_files/shot.txt").read_text() == "Ynegative___.wav\n"
    query = "select role, parse_filename(audio_path) as file from shot.samples order by role"
    listed = run("sql", "--format", "csv", query).stdout.splitlines()
    assert listed == [
        "role,file",
        "positive,positive___.wav",
        "weak_negative,weak_______.wav",
        "weak_positive,weakly_____.wav",
    ]

    unknown = run("extract", *words, "--target", "shout")
    assert unknown.exit_code == 1
    assert (
        "target 'shout' is not in this catalog, which has shot; did you mean shot?"
        in unknown.stderr
    )
    nothing = run("extract", *words)
    assert nothing.exit_code == 1
    assert "nothing to extract; name a --target, or a --subset: strong_train" in nothing.stderr


def test_command_makes_a_catalog(run, place: Path) -> None:
    (place / "catalog.duckdb").unlink()
    words = ["extract", "--archives", "zips", "--audio-root", "audio", "--subset", "weak_eval"]
    assert run(*words).exit_code == 0
    assert inventory(place)["good_______"][0] == "ok"


@pytest.mark.slow
def test_an_archive_of_50000_members_is_listed_soon(tmp_path: Path) -> None:
    path = tmp_path / "eval.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(50_000):
            archive.writestr(f"eval_segments/Y{number:011d}.wav", b"")
    began = time.process_time()
    assert len(list_members(path, Skipped())) == 50_000
    assert time.process_time() - began < 2


def test_ffmpeg_agrees(place: Path) -> None:
    """On every kind of file: the same status, and volumes within 0.1 dB."""
    for ytid, (data, _) in CASES.items():
        if data is None:
            continue
        ours, theirs = (
            validate(data, ValidationLimits()),
            validate_by_ffmpeg(data, ValidationLimits()),
        )
        assert ours.status == theirs.status, (ytid, ours, theirs)
        if ours.peak_dbfs is not None:
            assert theirs.peak_dbfs == pytest.approx(ours.peak_dbfs, abs=0.1)
            assert theirs.duration_seconds == pytest.approx(ours.duration_seconds, abs=0.001)
            assert (theirs.sample_rate_hz, theirs.channels) == (ours.sample_rate_hz, ours.channels)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8", "PCM_32"])
@pytest.mark.parametrize("channels", [1, 2])
def test_ffmpeg_measures_the_same(subtype: str, channels: int) -> None:
    data = wav(tone(1.2, 0.3, channels), subtype)
    ours, theirs = validate(data, ValidationLimits()), validate_by_ffmpeg(data, ValidationLimits())
    assert (ours.status, theirs.status) == ("ok", "ok")
    assert theirs.peak_dbfs == pytest.approx(ours.peak_dbfs, abs=0.1)
    assert theirs.duration_seconds == pytest.approx(1.2, abs=0.001)
    assert theirs.channels == ours.channels == channels


def test_extraction_validated_by_ffmpeg(place: Path) -> None:
    found = run_extract(place, validator="ffmpeg")
    assert {ytid: status for ytid, (status, _) in found.items()} == {
        ytid: status for ytid, (_, status) in CASES.items()
    }


def test_where_ffmpeg_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import imageio_ffmpeg

    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.delenv("AUDIOSET_DUCK_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    find_ffmpeg.cache_clear()
    assert find_ffmpeg() == imageio_ffmpeg.get_ffmpeg_exe()
    monkeypatch.setenv("PATH", str(tmp_path))
    find_ffmpeg.cache_clear()
    assert find_ffmpeg() == str(program)
    other = program.rename(tmp_path / "mine")
    monkeypatch.setenv("AUDIOSET_DUCK_FFMPEG", str(other))
    find_ffmpeg.cache_clear()
    assert find_ffmpeg() == str(other)
    monkeypatch.setenv("AUDIOSET_DUCK_FFMPEG", "/nowhere/ffmpeg")
    find_ffmpeg.cache_clear()
    with pytest.raises(AudiosetDuckError, match="AUDIOSET_DUCK_FFMPEG is '/nowhere/ffmpeg', which"):
        find_ffmpeg()
    find_ffmpeg.cache_clear()


@pytest.mark.slow
def test_scan_of_what_was_extracted_is_the_same_inventory(run, place: Path) -> None:
    """Silence too is valid where it is what the clip is labelled, and reasons are kept."""
    for layout in ("audioset", "subset"):
        extracted = run_extract(place, layout=layout)
        for option in ([], ["--validate"]):
            result = run("scan", "--audio-root", "audio", *option)
            assert result.exit_code == 0, result.stderr
            assert inventory(place) == extracted
        shutil.rmtree(place / "audio")


def test_all_subsets_that_the_catalog_has(run, place: Path) -> None:
    """Those whose source file was not there are passed over, as they are not if they are named."""
    words = ["extract", "--archives", "zips", "--audio-root", "audio", "--dry-run"]
    every = run(*words, "--subset", "all")
    assert every.exit_code == 0, every.stderr
    with duckdb.connect(str(place / "catalog.duckdb"), read_only=True) as connection:
        there = connection.execute("select distinct subset from subset_clips").fetchall()
    named = [word for (subset,) in there for word in ("--subset", subset)]
    assert 2 < len(named) < 10
    assert every.stdout == run(*words, *named).stdout
    named = run(*words, "--subset", "strong_train")
    assert "the catalog has no clips of strong_train: its source file is not" in named.stderr
    wrong = run(*words, "--subset", "gun")
    assert wrong.exit_code == 1
    assert "unknown subset 'gun'; expected one of strong_train, strong_eval, " in wrong.stderr
    assert wrong.stderr.endswith(" or all; name a target with --target\n")


def test_scan_with_other_limits(run, place: Path) -> None:
    run_extract(place)
    result = run("scan", "--audio-root", "audio", "--validate", "--min-duration", 11)
    assert result.exit_code == 0, result.stderr
    assert "ok" not in {status for status, _ in inventory(place).values()}


def test_scan_of_every_format(run, place: Path, tmp_path: Path) -> None:
    root = tmp_path / "downloaded" / "deep" / "down"
    root.mkdir(parents=True)
    find_ffmpeg.cache_clear()
    (root / "Ywav________.wav").write_bytes(GOOD)
    for ending in ("flac", "mp3", "ogg", "m4a"):
        target = root / f"{ending.ljust(11, '_')}.{ending}"
        source = root / "Ywav________.wav"
        subprocess.run([find_ffmpeg(), "-loglevel", "error", "-i", source, target], check=True)
    (root / "broken_____.wav").write_bytes(b"no audio")
    (root / "nothing____.mp3").write_bytes(b"")
    (root / "notes.wav").write_bytes(GOOD)
    (root / "readme.txt").write_text("no audio")
    before = {path: path.stat().st_mtime_ns for path in root.iterdir()}
    for option in ([], ["--validate"]):
        result = run("scan", "--audio-root", "downloaded", *option)
        assert result.exit_code == 0, result.stderr
        with duckdb.connect(str(place / "catalog.duckdb"), read_only=True) as connection:
            rows = connection.execute(
                "select ytid, status, audio_path, duration_seconds from audio_files"
            ).fetchall()
        assert {ytid: status for ytid, status, *_ in rows} == {
            "wav________": "ok",
            "flac_______": "ok",
            "mp3________": "ok",
            "ogg________": "ok",
            "m4a________": "ok",
            "broken_____": "corrupted",
            "nothing____": "empty",
        }
        for ytid, status, path, seconds in rows:
            assert (path is not None) == (status == "ok")
            if path and (option or "m4a" not in ytid):
                assert Path(path).is_file()
                assert float(seconds) == pytest.approx(1.0, abs=0.1)
    assert {path: path.stat().st_mtime_ns for path in root.iterdir()} == before


def test_scan_of_nothing(run, place: Path) -> None:
    assert "there is no folder nowhere" in run("scan", "--audio-root", "nowhere").stderr
    assert "metadata contains no audio file" in run("scan", "--audio-root", "metadata").stderr


@pytest.mark.slow
def test_on_a_dask_cluster_whose_worker_is_killed(many: Path) -> None:
    """Two processes; one of them is killed under way, and nothing is lost."""
    distributed = pytest.importorskip("distributed")
    import threading

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        dask_executor(cluster.scheduler_address) as executor,
    ):
        victim = next(iter(cluster.workers.values())).pid

        def kill() -> None:
            while not list((many / "audio").rglob("*.wav")):
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        extract(
            many / "catalog.duckdb",
            many / "zips",
            many / "audio",
            ["weak_eval"],
            Options(),
            executor=executor,
        )
        killer.join()
    found = inventory(many)
    assert len(found) == 600
    assert {status for status, _ in found.values()} == {"ok"}


def test_no_dask(run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = ["extract", "--archives", "zips", "--audio-root", "audio", "--subset", "weak_eval"]
    result = run(*words, "--dask-scheduler", "tcp://localhost:8786")
    assert result.exit_code == 1
    assert "Dask is not installed; install it with pip install 'audioset-duck[dask]'" in (
        result.stderr
    )


def test_no_dask_scheduler(run, place: Path) -> None:
    words = ["extract", "--archives", "zips", "--audio-root", "audio", "--subset", "weak_eval"]
    result = run(*words, "--dask-scheduler", "nonsense:address")
    assert result.exit_code == 1
    assert "there is no Dask scheduler at nonsense:address" in result.stderr


README = Path(__file__).parents[2] / "README.md"


@pytest.mark.slow
def test_the_readme_s_commands(run, place: Path) -> None:

    (place / "zips").rename(place / "zip_audios")
    (place / "train.json").write_text('{"data": [{"video_id": "good_______", "wav": "g.wav"}]}')
    (place / "g.wav").write_bytes(GOOD)
    (place / "shards").mkdir()
    with tarfile.open(place / "shards" / "0.tar", "w") as archive:
        archive.add(place / "g.wav", "Ygood_______.wav")
    section = README.read_text().split("## Audio\n")[1].split("\n## ")[0]
    typed = [line for line in section.splitlines() if line.startswith("audioset-duck ")]
    assert len(typed) == 5
    for line in typed:
        result = run(*line.split()[1:])
        assert result.exit_code == 0, (line, result.stderr)
    assert "ok" in run("sql", "select status from audio_files").stdout
