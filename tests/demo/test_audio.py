"""The audio of the demo, compared by zipfile, wave and NumPy."""

import csv
import hashlib
import io
import wave
import zipfile
from collections import Counter
from pathlib import Path

import duckdb
import numpy as np
import pytest
import soundfile
from support import brute_force

from audioset_duck.demo.audio import make_archives, make_audio, take_of
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sources.definitions import AUDIO_SUBSETS

pytestmark = pytest.mark.slow
SILENCE = "/m/028v0c"


@pytest.fixture(scope="module")
def members(demo_audio: Path) -> dict[str, tuple[str, bytes | None]]:
    """Archive and bytes of each clip that is in one; no bytes if its checksum is wrong."""
    found = {}
    for path in (demo_audio / "archives").rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                folder, name = info.filename.split("/")
                assert (folder, name[0], name[12:]) == (path.stem, "Y", ".wav")
                try:
                    data = archive.read(info)
                except zipfile.BadZipFile:
                    data = None
                found[name[1:12]] = (str(path.relative_to(demo_audio / "archives")), data)
    return found


@pytest.fixture(scope="module")
def subsets(demo_audio: Path) -> dict[str, dict[str, set[str]]]:
    """Of each subset the clips, each with its labels."""
    found: dict[str, dict[str, set[str]]] = {}
    for clip in brute_force.clips(demo_audio / "metadata"):
        found.setdefault(clip.subset, {})[clip.ytid] = set(clip.labels)
    for event in brute_force.present_events(demo_audio / "metadata"):
        if event.subset in ("strong_train", "strong_eval"):
            ytid = event.clip_id.rsplit("_", 1)[0]
            found.setdefault(event.subset, {}).setdefault(ytid, set()).add(event.label)
    return found


def samples_of(data: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def expected_status(data: bytes | None, is_silence: bool) -> str:
    if data is None:
        return "corrupted"
    if not data:
        return "empty"
    if data[:4] == b"fLaC":
        return "wrong_format"
    if data[:4] != b"RIFF":
        return "corrupted"
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        return "corrupted"
    samples = samples_of(data)
    if not len(samples):
        return "empty"
    if len(samples) < 4000:
        return "too_short"
    return "ok" if is_silence or np.abs(samples.astype(int)).max() >= 32.768 else "silent"


@pytest.fixture(scope="module")
def inventory(demo_audio: Path) -> dict[str, tuple[str, str | None]]:
    with duckdb.connect(str(demo_audio / "catalog.duckdb"), read_only=True) as connection:
        rows = connection.execute("select ytid, status, audio_path from audio_files").fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return {ytid: (status, path) for ytid, status, path in rows}


def test_every_clip_has_the_status_that_its_file_deserves(members, subsets, inventory) -> None:
    clips = {ytid for clips in subsets.values() for ytid in clips}
    assert members.keys() <= clips == inventory.keys()
    silences = {
        ytid for clips in subsets.values() for ytid, labels in clips.items() if SILENCE in labels
    }
    assert {ytid: status for ytid, (status, _) in inventory.items()} == {
        ytid: expected_status(members[ytid][1], ytid in silences) if ytid in members else "missing"
        for ytid in clips
    }
    counts = Counter(status for status, _ in inventory.values())
    assert counts.keys() == {
        "ok",
        "missing",
        "corrupted",
        "empty",
        "too_short",
        "wrong_format",
        "silent",
    }
    assert min(counts.values()) >= 8
    # Silence, and labelled as such.
    silent = [
        ytid
        for ytid in silences & members.keys()
        if inventory[ytid][0] == "ok" and not samples_of(members[ytid][1]).any()
    ]
    assert len(silent) >= 2


def test_damaged_clips_are_of_every_kind(members) -> None:
    files = [data for _, data in members.values()]
    assert files.count(None) >= 4
    assert files.count(b"") >= 4
    assert sum(bool(data) and data[:4] == b"fLaC" for data in files) >= 2
    assert sum(bool(data) and data[:4] not in (b"RIFF", b"fLaC") for data in files) >= 4
    riffs = [data for data in files if data and data[:4] == b"RIFF"]
    assert sum(int.from_bytes(data[4:8], "little") + 8 > len(data) for data in riffs) >= 4
    assert sum(len(data) == 44 for data in riffs) >= 2


def test_what_has_audio(members, subsets, inventory) -> None:
    for subset in ("strong_train", "strong_eval", "weak_balanced_train", "weak_eval"):
        good = sum(inventory[ytid][0] == "ok" for ytid in subsets[subset])
        assert 0.91 < good / len(subsets[subset]) < 0.97, subset
    assert subsets.keys() == set(AUDIO_SUBSETS)
    only_unbalanced = subsets["weak_unbalanced_train"].keys() - subsets["strong_train"].keys()
    assert 150 < len(only_unbalanced & members.keys()) < 300
    parts = Counter(archive for archive, _ in members.values())
    assert parts.keys() == {
        "balanced_train_segments.zip",
        "eval_segments.zip",
        "unbalanced_train_segments/unbalanced_train_segments_part00.zip",
        "unbalanced_train_segments/unbalanced_train_segments_part01.zip",
    }
    for ytid, (archive, _) in members.items():
        subset = "weak_" + Path(archive).stem.split("_segments")[0]
        assert ytid in subsets[subset]


def test_extracted_samples_are_those_of_the_archives(members, inventory) -> None:
    for ytid, (status, path) in sorted(inventory.items())[::20]:
        if status == "ok":
            samples, rate = soundfile.read(path, dtype="int16")
            assert rate == 8000
            assert (samples == samples_of(members[ytid][1])).all()


def test_audio_is_active_where_its_events_are(demo_audio, members, inventory) -> None:
    """In every valid clip with strong labels, and 20 dB above what is between them."""
    events: dict = {}
    for event in brute_force.present_events(demo_audio / "metadata"):
        if event.subset in ("strong_train", "strong_eval"):
            heard = events.setdefault(event.clip_id.rsplit("_", 1)[0], [])
            if event.label != SILENCE:
                heard.append((event.start * 8, event.end * 8))
    compared = 0
    for ytid, heard in events.items():
        if inventory[ytid][0] != "ok":
            continue
        samples = samples_of(members[ytid][1])
        is_heard = np.zeros(len(samples), bool)
        for start, end in heard:
            is_heard[start:end] = True
        power = samples.astype(float) ** 2
        if not heard:
            assert not samples.any()
        elif not is_heard.all():
            assert power[is_heard].mean() > 10 * power[~is_heard].mean(), ytid
            compared += 1
        for start, end in heard:
            assert power[start:end].mean() > 2 * 64**2, (ytid, start)
    assert compared > 500


def test_a_wrong_label_is_not_what_sounds(demo_audio: Path, members, inventory) -> None:
    """By correlation with the sounds of both labels."""
    ids = {
        name: label
        for label, name in (
            line.split("\t")
            for line in brute_force.read_lines(demo_audio / "metadata", "mid_to_display_name.tsv")
        )
    }
    with (demo_audio / "metadata" / "wrong_labels.csv").open(newline="") as stream:
        marks = {
            (mark["clip_id"], mark["label_id"]): ids[mark["note"]]
            for mark in csv.DictReader(stream)
            if mark["label_id"]
        }
    compared = 0
    for event in brute_force.present_events(demo_audio / "metadata"):
        true_label = marks.get((event.clip_id, event.label))
        ytid = event.clip_id.rsplit("_", 1)[0]
        if not true_label or inventory[ytid][0] != "ok" or event.end - event.start < 200:
            continue
        if event.subset == "strong_eval_framed":
            continue
        part = samples_of(members[ytid][1])[event.start * 8 : event.end * 8].astype(float)

        def likeness(label: str, part: np.ndarray = part) -> float:
            takes = [take_of(label, take)[: len(part)].astype(float) for take in range(4)]
            return max(
                abs(take @ part) / np.linalg.norm(take) / np.linalg.norm(part) for take in takes
            )

        # Others may sound at the same time, and touching events of the label are cut.
        compared += 1
        assert likeness(true_label) > 2 * likeness(event.label), event
    assert compared > 20


def test_clips_are_as_long_as_in_the_metadata(demo_audio, members, inventory) -> None:
    lengths = {
        clip.ytid: clip.end - clip.start for clip in brute_force.clips(demo_audio / "metadata")
    }
    valid = [ytid for ytid, (status, _) in inventory.items() if status == "ok"]
    assert any(lengths[ytid] < 10_000 for ytid in valid)
    for ytid in valid:
        assert len(samples_of(members[ytid][1])) == lengths[ytid] * 8


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.zip")
    }


@pytest.mark.slow
def test_another_run_makes_the_same_bytes(demo_audio: Path, tmp_path: Path) -> None:
    make_archives(tmp_path)
    assert digests(tmp_path) == digests(demo_audio / "archives")


def test_it_stays_small_however_many_clips_there_are(demo_audio: Path, tmp_path: Path) -> None:
    files = [path for path in demo_audio.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 160_000_000
    from audioset_duck.demo.metadata import created_models

    with created_models(tmp_path, 100_000, 0) as connection:
        ((count,),) = connection.execute("select count(*) from demo_audio_clips").fetchall()
    assert 1500 < count <= 2400


@pytest.mark.slow
def test_created_again_and_without_audio(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A smaller one over it leaves nothing of the larger one; others' folders are not touched."""
    for clips in (40, 20):
        result = run("demo", "here", "--clips", clips, "--target", "gun")
        assert result.exit_code == 0, result.stderr
        assert result.stdout.splitlines()[0].split() == [
            "subset",
            "status",
            "clip_count",
            "hours",
            "bytes",
        ]
    again = run("demo", "here", "--clips", 20, "--no-audio", "--target", "gun")
    assert again.exit_code == 0
    assert (tmp_path / "here" / "audio").is_dir()
    tried = result.stderr.split("Try next\n")[1].splitlines()
    assert len(tried) == 10
    monkeypatch.chdir(tmp_path / "here")
    for line in tried[-3:]:
        import shlex

        done = run(*shlex.split(line)[1:])
        assert done.exit_code == 0, (line, done.stderr)
    monkeypatch.chdir(tmp_path)
    other = tmp_path / "there" / "audio"
    other.mkdir(parents=True)
    (other / "mine.wav").write_bytes(b"mine")
    refused = run("demo", "there", "--clips", 20)
    assert refused.exit_code == 1
    assert "audio was not created by the demo, and would be replaced" in refused.stderr
    assert (other / "mine.wav").read_bytes() == b"mine"
    with pytest.raises(AudiosetDuckError, match="audio was not created by the demo, and would be"):
        make_audio(tmp_path / "there", tmp_path / "here" / "catalog.duckdb")
