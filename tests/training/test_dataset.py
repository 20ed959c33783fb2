"""What AudioSetDataset loads, against NumPy slices of the same files."""

import contextlib
import gc
import hashlib
import io
import logging
import os
import pickle
import re
import resource
from decimal import Decimal
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import soundfile
import soxr
import torch
from support.audio import make_sounds, packed, write_audio
from support.metadata import write_metadata, write_sounds, youtube_id
from torch.utils.data import DataLoader

from audioset_duck import AudioSetDataset, collate
from audioset_duck.audio.scan import find_files, scan
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.training.dataset import Sample

RATE = 32_000
# name: ending, subtype, sample rate, channels
FORMATS = {
    "pcm16": ("wav", "PCM_16", 32_000, 1),
    "pcm24": ("wav", "PCM_24", 32_000, 1),
    "float": ("wav", "FLOAT", 32_000, 1),
    "eight_bits": ("wav", "PCM_U8", 32_000, 1),
    "flac16": ("flac", "PCM_16", 32_000, 1),
    "flac24": ("flac", "PCM_24", 32_000, 2),
    "stereo": ("wav", "PCM_16", 32_000, 2),
    "six": ("wav", "PCM_24", 32_000, 6),
    "hz8000": ("wav", "PCM_16", 8000, 1),
    "hz16000": ("flac", "PCM_16", 16_000, 2),
    "hz22050": ("wav", "FLOAT", 22_050, 1),
    "hz44100": ("wav", "PCM_24", 44_100, 2),
    "hz48000": ("wav", "PCM_16", 48_000, 1),
}


def clip_of(name: str) -> str:
    return name.ljust(11, "_")


@pytest.fixture(scope="module")
def formats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of a positive clip and a weak one in each format.

    Its windows are [1.253, 2.253), [3, 4), [4, 5) and [5, 5.617).
    """
    folder = tmp_path_factory.mktemp("formats")
    events, clips = [], []
    for name, (ending, subtype, rate, channels) in FORMATS.items():
        events += [f"{clip_of(name)}_0 1.253 2.253 /m/gun", f"{clip_of(name)}_0 3 5.617 /m/gun"]
        # The audio begins at the clip's beginning, whatever its time in the video.
        clips.append(f"{clip_of(name)[:10]}w 30.000 36.000 /m/a")
        for clip in (clip_of(name), f"{clip_of(name)[:10]}w"):
            write_audio(folder / "audio" / f"{clip}.{ending}", 6, rate, subtype, channels)
    metadata = write_metadata(
        folder / "metadata",
        train="\n".join(events).replace(" 3 ", " 3.000 "),
        balanced="\n".join(clips),
        names="/m/gun Gun\n/m/a A",
    )
    inventory = find_files(folder / "audio")
    build(folder / "catalog.duckdb", [Target("t", ("Gun",))], metadata, inventory=inventory)
    return folder / "catalog.duckdb"


def expected_wav(path: str, start: float, end: float, sample_rate: int = RATE) -> np.ndarray:
    """The slice of the whole file, mixed, resampled, and padded to a second."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples[round(start * rate) : round(end * rate)].mean(axis=1, dtype="float32")
    if rate != sample_rate:
        mono = soxr.resample(mono, rate, sample_rate)
    return np.pad(mono, (0, max(0, sample_rate - len(mono))))[:sample_rate]


def rows(dataset: AudioSetDataset, where: str = "true") -> list[tuple]:
    return dataset.sql(f"""
        select sample_id, cast(start_seconds as double), cast(end_seconds as double), audio_path
        from samples where split = '{dataset.split}' and {where} order by sample_id
    """).fetchall()


def positions(dataset: AudioSetDataset, role: str) -> list[int]:
    """The positions of the samples of a role in a split."""
    roles = dataset.sql(
        f"select role from samples where split = '{dataset.split}'"
        " and role <> 'weak_positive' order by sample_id"
    ).fetchall()
    return [position for position, (found,) in enumerate(roles) if found == role]


@pytest.mark.parametrize("name", FORMATS)
def test_windows_are_exact(formats: Path, name: str) -> None:
    dataset = AudioSetDataset(formats, "t")
    windows = rows(dataset, f"ytid = '{clip_of(name)}'")
    assert [row[1:3] for row in windows] == [(1.253, 2.253), (3, 4), (4, 5), (5, 5.617)]
    for sample_id, start, end, path in windows:
        wav = dataset[sample_id].wav
        assert (wav.dtype, wav.shape) == (torch.float32, (RATE,))
        expected = expected_wav(path, start, end)
        if FORMATS[name][2] == RATE:
            np.testing.assert_array_equal(wav.numpy(), expected)
        else:
            np.testing.assert_allclose(wav.numpy(), expected, atol=1e-6)
    # What is shorter than a window ends in zeros.
    assert not dataset[windows[-1][0]].wav[round(0.617 * RATE) + 1 :].any()
    assert dataset[windows[-1][0]].wav[: round(0.617 * RATE) - 1].count_nonzero() > 19_000


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("crop", [0.0, 2.137, 5.0, None])
def test_crops_of_weak_clips_are_exact(formats: Path, name: str, crop: float | None) -> None:
    dataset = AudioSetDataset(formats, "t")
    ((sample_id, start, end, path),) = rows(dataset, f"ytid = '{clip_of(name)[:10]}w'")
    assert (start, end) == (0, 6)
    item = dataset[Sample(sample_id, crop)]
    # Without a plan, from the middle.
    begin = 2.5 if crop is None else crop
    np.testing.assert_allclose(item.wav, expected_wav(path, begin, begin + 1), atol=1e-6)
    assert torch.equal(dataset[sample_id].wav, dataset[Sample(sample_id)].wav)


@pytest.mark.parametrize("sample_rate", [8000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("name", ["pcm16", "hz8000", "hz48000"])
def test_sample_rates(formats: Path, name: str, sample_rate: int) -> None:
    dataset = AudioSetDataset(formats, "t", sample_rate=sample_rate)
    for sample_id, start, end, path in rows(dataset, f"ytid = '{clip_of(name)}'"):
        wav = dataset[sample_id].wav
        assert wav.shape == (sample_rate,)
        expected = expected_wav(path, start, end, sample_rate)
        np.testing.assert_allclose(wav, expected, atol=1e-6)


def test_resampling_keeps_a_tone(tmp_path: Path) -> None:
    """1 kHz stays 1 kHz and as loud, window after window: no state is left from the last one."""
    metadata = write_sounds(tmp_path / "metadata", 1, train=f"{youtube_id('g', 0)}_0 2 3 /m/gun")
    times = np.arange(4 * 8000) / 8000
    path = tmp_path / "audio" / f"{youtube_id('g', 0)}.wav"
    path.parent.mkdir()
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 1000 * times), 8000)
    build(tmp_path / "c.duckdb", [Target("t", ("/m/gun",))], metadata)
    scan(tmp_path / "c.duckdb", find_files(tmp_path / "audio"))
    dataset = AudioSetDataset(tmp_path / "c.duckdb", "t")
    first, second, again = (dataset[index].wav.numpy() for index in (0, 1, 0))
    np.testing.assert_array_equal(first, again)
    for wav in (first, second):
        spectrum = np.abs(np.fft.rfft(wav)) / RATE * 2
        assert spectrum.argmax() == 1000
        assert spectrum[1000] == pytest.approx(0.5, abs=0.01)


@pytest.mark.slow
def test_flac_is_what_wav_is(tmp_path: Path) -> None:
    """Files of the same 16-bit samples give the same items, whatever they are packed in."""
    noise = np.random.default_rng(0).integers(-30_000, 30_000, (132_300, 2), "int16")
    items = []
    for ending in ("wav", "flac"):
        metadata = write_sounds(tmp_path / "metadata", 1)
        path = tmp_path / ending / f"{youtube_id('g', 0)}.{ending}"
        path.parent.mkdir()
        soundfile.write(path, noise, 44_100)
        catalog = tmp_path / f"{ending}_files.duckdb"
        inventory = find_files(tmp_path / ending)
        build(catalog, [Target("t", ("/m/gun",))], metadata, inventory=inventory)
        items.append(AudioSetDataset(catalog, "t")[0])
    assert items[0].wav.any()
    assert torch.equal(items[0].wav, items[1].wav)


@pytest.mark.parametrize("split", ["train", "eval"])
def test_labels_are_those_of_the_catalog(sounds: Path, split: str) -> None:
    dataset = AudioSetDataset(sounds, "t", split)
    with duckdb.connect(str(sounds), read_only=True) as connection:
        samples = connection.execute(
            "select sample_key, role, label_ids from t.samples where split = ? order by sample_id",
            [split],
        ).fetchall()
        label_ids = connection.execute("""
            select label_id from internal.present_events
            union
            select unnest(label_ids) from weak_clips
            order by label_id
        """).fetchall()
    assert dataset.label_ids == [label_id for (label_id,) in label_ids]
    assert len(dataset) == len(samples) == {"train": 85, "eval": 2}[split]
    for item, (key, role, labels) in zip(
        (dataset[i] for i in range(len(dataset))), samples, strict=True
    ):
        assert item.sample_key == key
        assert (item.label.dtype, item.label.item()) == (torch.float32, float(role == "positive"))
        carried = [
            label for label, value in zip(dataset.label_ids, item.label_mask, strict=True) if value
        ]
        assert (item.label_mask.dtype, carried) == (torch.float32, labels)
        assert set(item.label_mask.tolist()) <= {0.0, 1.0}


def test_labels_and_keys_of_the_demo(demo_catalog: Path) -> None:
    """Of windows in which several sounds overlap; without audio, by its columns."""
    dataset = AudioSetDataset(demo_catalog, "snore", "eval")
    samples = dataset.sql("""
        select sample_key, label_ids from samples
        where split = 'eval' and role <> 'weak_positive'
        order by sample_id
    """).fetchall()
    assert len(samples) == len(dataset)
    masks = dataset._columns.masks_of(np.arange(len(dataset)))
    for row in range(0, len(dataset), 17):
        found = masks[row].nonzero().flatten().tolist()
        assert [dataset.label_ids[index] for index in found] == samples[row][1]
        assert dataset.key(row) == samples[row][0]


def test_collate(sounds: Path) -> None:
    dataset = AudioSetDataset(sounds, "t", sample_rate=8000)
    positive, weak, strong = (
        positions(dataset, role)[3] for role in ("positive", "weak_negative", "strong_negative")
    )
    weak_id = rows(dataset, "role = 'weak_negative'")[3][0]
    items = dataset.__getitems__([positive, Sample(weak_id, 1.5), strong])
    assert [item.sample_key for item in items] == [
        dataset.key(row) for row in (positive, weak, strong)
    ]
    wav, label, label_mask, sample_keys = collate(items)
    assert (wav.dtype, wav.shape) == (torch.float32, (3, 8000))
    assert (label.dtype, label.tolist()) == (torch.float32, [1, 0, 0])
    assert (label_mask.dtype, label_mask.shape) == (torch.float32, (3, len(dataset.label_ids)))
    assert sample_keys == [item.sample_key for item in items]
    for row, item in enumerate(items):
        assert torch.equal(wav[row], item.wav)
        assert torch.equal(label_mask[row], item.label_mask)


@pytest.mark.parametrize("index", [-1, 85, Sample(-1, 0.5), Sample(10**12)])
def test_an_index_that_is_none(sounds: Path, index: int | Sample) -> None:
    with pytest.raises(IndexError, match="is not one of the 85 samples of the train split"):
        AudioSetDataset(sounds, "t")[index]


def test_eval_ids_are_those_of_the_catalog(sounds: Path) -> None:
    dataset = AudioSetDataset(sounds, "t", "eval")
    key = f"strong_eval/{youtube_id('e', 0)}_0/1.0"
    ((sample_id, *_),) = rows(dataset, "role = 'positive'")
    assert dataset[Sample(sample_id)].sample_key == key
    assert dataset[positions(dataset, "positive")[0]].sample_key == key
    of_train = rows(AudioSetDataset(sounds, "t"))[0][0]
    with pytest.raises(IndexError, match="is not one of the 2 samples of the eval split"):
        dataset[Sample(of_train)]


def test_windows_of_another_length(tmp_path: Path) -> None:
    metadata = write_sounds(tmp_path / "metadata", 1)
    path = write_audio(tmp_path / "audio" / f"{youtube_id('g', 0)}.wav", 3)
    target = Target("t", ("/m/gun",), window_seconds=Decimal("0.333"))
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [target], metadata, inventory=find_files(path.parent))
    dataset = AudioSetDataset(catalog, "t", sample_rate=8000, window_seconds=0.333)
    assert [dataset[row].wav.shape for row in range(len(dataset))] == [(2664,)] * 4
    samples, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(dataset[1].wav, samples[round(1.333 * 8000) :][:2664])


def test_audio_shorter_than_its_clip(tmp_path: Path) -> None:
    """A window that the audio ends in is padded; so is a weak clip that is shorter than one."""
    metadata = write_sounds(tmp_path / "metadata", 1, weak={"/m/a": 1})
    for letter, seconds in {"g": 1.6, "w": 0.3}.items():
        write_audio(tmp_path / "audio" / f"{youtube_id(letter, 0)}.wav", seconds)
    catalog = tmp_path / "catalog.duckdb"
    inventory = find_files(tmp_path / "audio")
    build(catalog, [Target("t", ("/m/gun",))], metadata, inventory=inventory)
    dataset = AudioSetDataset(catalog, "t", sample_rate=8000, on_error="raise")
    for row, start, end in ((1, 8000, 12_800), (0, 0, 2400)):
        path = rows(dataset)[row][3]
        samples, _ = soundfile.read(path, dtype="float32")
        np.testing.assert_array_equal(dataset[row].wav[: end - start], samples[start:end])
        assert not dataset[row].wav[end - start :].any()


# What happens to a file after the catalog was made.
FAULTS = {
    "is deleted": (lambda path: path.unlink(), "No such file"),
    "is emptied": (lambda path: path.write_bytes(b""), "Format not recognised"),
    "is garbage": (lambda path: path.write_bytes(b"\0" * 5000), "Format not recognised"),
    "is shorter": (
        lambda path: soundfile.write(path, np.zeros(6400), 8000),
        "it ends at 0.800 s, before the sample, which starts at 1.000 s",
    ),
    "is a folder": (lambda path: (path.unlink(), path.mkdir()), "Is a directory"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_loaded(
    tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Another positive takes its place, the same each time; it is counted, and logged once."""
    catalog = make_sounds(tmp_path)
    path = tmp_path / "audio" / f"{youtube_id('g', 3)}.wav"
    dataset = AudioSetDataset(catalog, "t", sample_rate=8000)
    strict = AudioSetDataset(catalog, "t", sample_rate=8000, on_error="raise")
    positives = positions(dataset, "positive")
    before = [dataset[row].sample_key for row in positives]
    FAULTS[fault][0](path)
    with caplog.at_level(logging.WARNING, "audioset_duck"):
        first = [dataset[row] for row in positives]
        second = [dataset[row] for row in positives]
    assert [item.sample_key for item in first] == [item.sample_key for item in second]
    changed = [row for row, key in enumerate(before) if first[row].sample_key != key]
    assert changed == [3]
    assert first[3].sample_key in before
    assert first[3].label == 1
    assert first[3].wav.any()
    assert dataset.failures == 2
    (message,) = (
        record.getMessage()
        for record in caplog.records
        if record.name == "audioset_duck.training.slice_reader"
    )
    assert message.startswith(f"{path} cannot be loaded: ")
    assert FAULTS[fault][1] in message
    assert message.endswith("; another sample replaces it")
    with pytest.raises(AudiosetDuckError, match=f"{path} cannot be loaded: .*{FAULTS[fault][1]}"):
        strict[positives[3]]
    assert strict.failures == 0


@pytest.mark.parametrize("ending", ["flac", "mp3"])
def test_a_file_that_breaks_off_is_no_silence(tmp_path: Path, ending: str) -> None:
    """Its header still says how long it was."""
    metadata = write_sounds(tmp_path / "metadata", 1, weak={"/m/a": 1})
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 80_000)
    path = tmp_path / "audio" / f"{youtube_id('w', 0)}.{ending}"
    path.parent.mkdir()
    soundfile.write(path, noise, 8000)
    inventory = find_files(path.parent)
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("t", ("/m/gun",))], metadata, inventory=inventory)
    dataset = AudioSetDataset(catalog, "t", sample_rate=8000, on_error="raise")
    assert dataset[Sample(0, 8.0)].wav.any()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert dataset[Sample(0, 1.0)].wav.any()
    with pytest.raises(
        AudiosetDuckError, match=r"cannot be loaded: (it breaks off at|.*lost sync)"
    ):
        dataset[Sample(0, 8.0)]


def test_all_files_are_gone(tmp_path: Path) -> None:
    catalog = make_sounds(tmp_path)
    dataset = AudioSetDataset(catalog, "t")
    (tmp_path / "audio").rename(tmp_path / "moved")
    with pytest.raises(
        AudiosetDuckError, match=r"100 audio files in a row could not be loaded, the last one .*wav"
    ):
        dataset[0]
    loader = DataLoader(dataset, batch_size=4, num_workers=1, collate_fn=collate, timeout=60)
    with pytest.raises(AudiosetDuckError, match="100 audio files in a row"):
        next(iter(loader))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.slow
def test_too_many_open_files_are_not_the_files_error(sounds: Path, threads: int) -> None:
    """No sample is replaced, and none is skipped, because a process has no more files to open."""
    dataset = AudioSetDataset(sounds, "t", sample_rate=8000, threads=threads)
    expected = dataset[0].wav
    # What earlier tests have left is not to be closed meanwhile.
    gc.collect()
    gc.disable()
    before = len(list(Path("/dev/fd").iterdir()))
    held = []
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before + 30, limits[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        with pytest.raises(AudiosetDuckError, match=r"Too many open files.*ulimit -n"):
            dataset.__getitems__([0, 1, 2])
        os.close(held.pop())
        # One is enough: files are closed before others are opened.
        read = dataset[0].wav
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        gc.enable()
    assert torch.equal(read, expected)
    assert dataset.failures == 0
    for row in range(len(dataset)):
        dataset[row]
    assert len(list(Path("/dev/fd").iterdir())) <= before


def all_batches(dataset: AudioSetDataset, workers: int = 0) -> list[str]:
    """All items in batches of 7, to the last bit."""
    loader = DataLoader(dataset, batch_size=7, num_workers=workers, collate_fn=collate)
    return digest(list(loader))


@pytest.mark.slow
def test_threads_change_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither what is loaded nor what replaces it, in process, in a fork of it, and in a copy."""
    catalog = make_sounds(tmp_path)
    for number in range(0, 21, 2):
        (tmp_path / "audio" / f"{youtube_id('g', number)}.wav").unlink()
    logged = []
    for threads in (1, 2, 3, 50):
        caplog.clear()
        dataset = AudioSetDataset(catalog, "t", sample_rate=8000, threads=threads)
        with caplog.at_level(logging.WARNING, "audioset_duck"):
            batches = all_batches(dataset)
        logged.append((batches, dataset.failures, caplog.messages))
        assert logged[-1] == logged[0]
    assert len(logged[0][2]) == 11
    expected = logged[0][0]
    assert all_batches(dataset, workers=1) == expected
    assert all_batches(pickle.loads(pickle.dumps(dataset)), workers=2) == expected
    assert all_batches(dataset) == expected
    first = f"{youtube_id('g', 0)}.wav"
    for threads in (1, 3):
        strict = AudioSetDataset(catalog, "t", on_error="raise", threads=threads)
        rows = positions(strict, "positive")
        for _ in range(5):
            with pytest.raises(AudiosetDuckError, match=first):
                strict.__getitems__(rows)
    assert strict.__getitems__(rows[1:2])[0].wav.any()


@pytest.mark.slow
def test_an_unknown_error_of_a_thread_is_raised(
    sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = AudioSetDataset(sounds, "t", threads=4)
    monkeypatch.setattr(dataset._reader, "read_one", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        dataset.__getitems__(range(20))


@pytest.mark.slow
def test_audio_that_is_part_of_an_archive(tmp_path: Path) -> None:
    """Members of a tar beside files give what files give; an archive that shrinks is an error."""
    files = AudioSetDataset(make_sounds(tmp_path), "t", sample_rate=8000)
    # No memory is spent on parts if there are none.
    assert files._columns.parts is None
    expected = all_batches(files)
    found = find_files(tmp_path / "audio")
    inventory = found.to_pylist()
    archive = tmp_path / "shard-000000.tar"
    members = packed(inventory[::2], archive)
    catalog = tmp_path / "packed.duckdb"
    build(
        catalog,
        [Target("t", ("/m/gun",))],
        tmp_path / "metadata",
        inventory=pa.Table.from_pylist(inventory[1::2] + members, found.schema),
    )
    dataset = AudioSetDataset(catalog, "t", sample_rate=8000, on_error="raise", threads=2)
    assert dataset._columns.parts.shape == (len(dataset._columns.clips), 2)
    assert all_batches(dataset, workers=1) == expected
    last, ytid = members[-1], Path(inventory[::2][-1]["audio_path"]).stem
    with archive.open("r+b") as file:
        file.truncate(last["byte_offset"] + 100)
    keys = [dataset.key(row) for row in range(len(dataset))]
    row = next(row for row, key in enumerate(keys) if ytid in key)
    message = rf"tar, from byte {last['byte_offset']:,} on, cannot be loaded: .* scan it again"
    with pytest.raises(AudiosetDuckError, match=message):
        dataset[row]


@pytest.mark.slow
def test_a_batch_of_a_worker_is_in_shared_memory(sounds: Path) -> None:
    dataset = AudioSetDataset(sounds, "t", sample_rate=8000)
    here = next(iter(DataLoader(dataset, batch_size=9, collate_fn=collate)))
    there = next(iter(DataLoader(dataset, batch_size=9, collate_fn=collate, num_workers=1)))
    assert there.wav.is_shared()
    assert not here.wav.is_shared()
    assert digest([here]) == digest([there])
    assert (there.wav.dtype, there.wav.is_contiguous()) == (torch.float32, True)
    # It is the receiver's own.
    there.wav[3] = 7
    assert digest([here]) != digest([there])


@pytest.mark.slow
def test_failures_are_counted_and_logged_from_workers(tmp_path: Path) -> None:
    """Once a file, whichever workers meet it and however often."""
    catalog = make_sounds(tmp_path)
    dataset = AudioSetDataset(catalog, "t", sample_rate=8000)
    path = tmp_path / "audio" / f"{youtube_id('g', 0)}.wav"
    path.unlink()
    loader = DataLoader(
        dataset,
        batch_sampler=[positions(dataset, "positive")[:2]] * 8,
        num_workers=2,
        collate_fn=collate,
        multiprocessing_context="fork",
    )
    handler = logging.FileHandler(tmp_path / "log")
    logging.getLogger("audioset_duck").addHandler(handler)
    try:
        assert len(list(loader)) == len(list(loader)) == 8
    finally:
        logging.getLogger("audioset_duck").removeHandler(handler)
        handler.close()
    assert dataset.failures == 16
    assert (tmp_path / "log").read_text().count(f"{path} cannot be loaded") == 1


def test_a_catalog_without_audio(demo_catalog: Path, caplog) -> None:
    dataset = AudioSetDataset(demo_catalog, "gun")
    assert len(dataset) > 20_000
    assert "has no inventory of audio; create one with audioset-duck extract or" in caplog.text
    assert "epochs can be planned without" in caplog.text
    assert re.fullmatch(
        r"<AudioSetDataset of gun, train split: \d+,\d+ samples of 1 s at 32,000 Hz>", repr(dataset)
    )
    with pytest.raises(
        AudiosetDuckError,
        match=r"has no inventory of audio; create one with audioset-duck extract or .*scan",
    ):
        dataset[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "dog"}, r"target 'dog' is not in this catalog, which has t; build it with"),
        ({"split": "test"}, r"split is 'test'; expected 'train' or 'eval'"),
        ({"roles": ("negative",)}, r"roles is \('negative',\); expected some of 'positive', "),
        ({"roles": "positive"}, r"roles is 'positive'; expected some of 'positive', "),
        ({"roles": ()}, r"roles is \(\); expected some of 'positive', "),
        ({"on_error": "ignore"}, r"on_error is 'ignore'; expected 'replace' or 'raise'"),
        ({"sample_rate": 0}, r"sample_rate is 0; expected an integer in Hz, 1,000 to 384,000"),
        ({"sample_rate": True}, r"sample_rate is True; expected"),
        ({"threads": 0}, r"threads is 0; expected an integer from 1 on"),
        ({"threads": 1.5}, r"threads is 1.5; expected"),
        ({"sample_rate": "16000"}, r"sample_rate is '16000'; expected"),
        ({"sample_rate": 22_050.5}, r"sample_rate is 22050.5; expected"),
        (
            {"window_seconds": 2.0},
            r"window_seconds is 2.0, but t is built in windows of 1 s; build it with audioset-duck "
            r"build --target t --window-seconds 2$",
        ),
        ({"catalog": "nowhere.duckdb"}, r"there is no catalog .*nowhere.duckdb; create it with"),
    ],
)
def test_wrong_options_are_refused(sounds: Path, options: dict, message: str) -> None:
    with pytest.raises(AudiosetDuckError, match=message):
        AudioSetDataset(**{"catalog": sounds, "target": "t"} | options)


def test_a_split_without_samples(tmp_path: Path) -> None:
    metadata = write_sounds(tmp_path / "metadata", 1)
    build(tmp_path / "catalog.duckdb", [Target("t", ("/m/gun",))], metadata)
    with pytest.raises(
        AudiosetDuckError, match=r"t has no samples of the eval split in the roles .*sample_counts"
    ):
        AudioSetDataset(tmp_path / "catalog.duckdb", "t", "eval")


def test_a_catalog_of_another_version(tmp_path: Path) -> None:
    metadata = write_sounds(tmp_path / "metadata", 1)
    build(tmp_path / "catalog.duckdb", [Target("t", ("/m/gun",))], metadata)
    with duckdb.connect(str(tmp_path / "catalog.duckdb")) as connection:
        connection.execute("drop view t.sample_spans")
        connection.execute("update meta.builds set versions = replace(versions, 'models', 'older')")
    with pytest.raises(
        AudiosetDuckError, match=r"built by another version .* update it with audioset-duck build"
    ):
        AudioSetDataset(tmp_path / "catalog.duckdb", "t")


def test_sql(sounds: Path) -> None:
    """The target's relations need no schema; the connection lasts as long as the answer."""
    dataset = AudioSetDataset(sounds, "t")
    relation = dataset.sql("select role, count(*) from samples group by role order by role")
    gc.collect()
    assert relation.fetchall() == [("positive", 22), ("strong_negative", 41), ("weak_negative", 24)]
    # Of two relations of a name, the target's; and those that all targets share.
    assert dataset.sql("select count(*) from labels").fetchall() == [(4,)]
    assert "positive" in str(dataset.sql("select distinct draw from epoch_plan(0, 0, 8)"))


def test_pickling(sounds: Path) -> None:
    dataset = AudioSetDataset(sounds, "t", sample_rate=8000)
    copy = pickle.loads(pickle.dumps(dataset))
    assert len(copy) == len(dataset)
    for row in (0, 40, 84):
        for mine, yours in zip(dataset[row], copy[row], strict=True):
            assert mine == yours if isinstance(mine, str) else torch.equal(mine, yours)


def digest(batches: list) -> list[str]:
    """Of each batch, to the last bit."""
    found = []
    for wav, label, label_mask, sample_keys in batches:
        data = [wav.numpy().tobytes(), label.numpy().tobytes(), label_mask.numpy().tobytes()]
        found.append(hashlib.md5(b"".join(data) + "\n".join(sample_keys).encode()).hexdigest())
    return found


def test_the_eval_split_is_the_same_each_time(sounds: Path) -> None:
    dataset = AudioSetDataset(sounds, "t", "eval")
    loader = DataLoader(dataset, batch_size=2, collate_fn=collate)
    assert digest(list(loader)) == digest(list(loader))


def test_columns_are_shared_not_copied(sounds: Path) -> None:
    """What a worker that is spawned is sent holds no row: the arrays are in shared memory."""
    dataset = AudioSetDataset(sounds, "t")
    buffer = io.BytesIO()
    ForkingPickler(buffer).dump(dataset)
    sent = len(buffer.getvalue())
    arrays = [value for value in vars(dataset._columns).values() if torch.is_tensor(value)]
    arrays += [dataset._columns.clips.data, dataset._columns.paths.data]
    assert all(array.is_shared() for array in arrays)
    assert sent < sum(array.nbytes for array in arrays)


def test_roles(tmp_path: Path) -> None:
    """A dataset has the samples of its roles, numbered in the order of their ids."""
    metadata = write_sounds(tmp_path / "metadata", 3, {"/m/a": 2}, {"/m/gun": 4, "/m/a": 5})
    for letter, count in {"g": 3, "s": 2, "w": 9}.items():
        for number in range(count):
            write_audio(tmp_path / "audio" / f"{youtube_id(letter, number)}.wav", 3)
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("t", ("/m/gun",))], metadata, inventory=find_files(tmp_path / "audio"))
    assert len(AudioSetDataset(catalog, "t", sample_rate=8000)) == 3 + 2 + 5
    dataset = AudioSetDataset(catalog, "t", sample_rate=8000, roles=("weak_positive", "positive"))
    expected = dataset.sql("""
        select sample_key from samples where role in ('positive', 'weak_positive')
        order by sample_id
    """).fetchall()
    items = [dataset[index] for index in range(len(dataset))]
    assert [(item.sample_key,) for item in items] == expected
    assert [item.label.item() for item in items] == [1] * 7
    assert [item.sample_key[:4] for item in items] == ["weak"] * 4 + ["stro"] * 3
    # The crop of a weak clip without a plan is its middle second, and it has the clip's labels.
    path = tmp_path / "audio" / f"{youtube_id('w', 0)}.wav"
    samples, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(items[0].wav, samples[8000:16_000])
    assert items[0].label_mask.sum() == 1
