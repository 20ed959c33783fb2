"""What AudioSetClips loads, against NumPy slices of the same files and a brute force of frames."""

import logging
import pickle
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import soundfile
import soxr
import torch
from support.audio import packed
from support.clips import CLIPS, POSITIVE, active_labels, clip_id, clip_seconds, frames_of
from support.metadata import write_sounds, youtube_id
from torch.utils.data import DataLoader

from audioset_duck import AudioSetClips, AudioSetDataset, Clip
from audioset_duck.audio.scan import find_files
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError

RATE = 8000
WITH_AUDIO = [number for number, clip in enumerate(CLIPS) if clip.audio_seconds]


def opened(catalog: Path, **options: object) -> AudioSetClips:
    return AudioSetClips(catalog, "t", **{"sample_rate": RATE} | options)


@pytest.mark.parametrize("hop", [0.04, 0.032, 0.01, 1 / 3, 320 / 22_050, 0.96, 7, Decimal("0.02")])
def test_frame_labels_are_those_of_a_brute_force(whole_clips: Path, hop: float) -> None:
    clips = opened(whole_clips, hop_seconds=hop, label_mask=True)
    assert clips.clip_frames == len(frames_of(hop, Decimal(10)))
    assert [clips.key(row) for row in range(len(clips))] == [clip_id(n) for n in WITH_AUDIO]
    counts = set()
    for row, number in enumerate(WITH_AUDIO):
        item = clips[row]
        frames = frames_of(hop, clip_seconds(number))
        assert (item.clip_id, item.frame_count) == (clip_id(number), len(frames))
        expected = np.zeros((clips.clip_frames, len(clips.label_ids)), np.float32)
        for frame, (start, end) in enumerate(frames):
            for label in active_labels(clip_id(number), start, end):
                expected[frame, clips.label_ids.index(label)] = 1
        assert (item.frame_mask.dtype, item.frame_label.dtype) == (torch.float32, torch.float32)
        np.testing.assert_array_equal(item.frame_mask.numpy(), expected)
        columns = [clips.label_ids.index(label) for label in POSITIVE]
        np.testing.assert_array_equal(item.frame_label.numpy(), expected[:, columns].max(axis=1))
        counts.add(int(item.frame_label.sum()))
    assert len(counts) > 1
    assert 0 in counts


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050])
def test_audio_is_the_whole_file_cut_or_padded(whole_clips: Path, rate: int) -> None:
    clips = opened(whole_clips, sample_rate=rate)
    assert clips.clip_samples == 10 * rate
    for row, number in enumerate(WITH_AUDIO):
        path = whole_clips.parent / "audio" / f"{youtube_id('c', number)}.{CLIPS[number].ending}"
        samples, of_file = soundfile.read(path, dtype="float32", always_2d=True)
        seconds = float(clip_seconds(number))
        expected = samples[: round(seconds * of_file)].mean(axis=1, dtype="float32")
        if of_file != rate:
            expected = soxr.resample(expected, of_file, rate)
        expected = expected[: round(seconds * rate)]
        wav = clips[row].wav
        assert (wav.dtype, wav.shape) == (torch.float32, (10 * rate,))
        np.testing.assert_allclose(wav[: len(expected)], expected, atol=1e-6)
        assert not wav[len(expected) :].any()


def digest(batches: list[Clip]) -> list[tuple]:
    return [
        (*(tensor.numpy().tobytes() for tensor in batch[:3]), batch.frame_count.tolist(), *batch[4])
        for batch in batches
    ]


def batches(clips: AudioSetClips, **options: object) -> list[tuple]:
    """All clips in batches of 3, to the last bit."""
    return digest(list(DataLoader(clips, batch_size=3, **options)))


def test_the_default_collate_makes_batches(whole_clips: Path) -> None:
    clips = opened(whole_clips, label_mask=True)
    batch = next(iter(DataLoader(clips, batch_size=4)))
    assert isinstance(batch, Clip)
    assert batch.wav.shape == (4, 80_000)
    assert batch.frame_label.shape == (4, 250)
    assert batch.frame_mask.shape == (4, 250, 3)
    assert batch.frame_count.tolist() == [250, 250, 168, 92]
    assert list(batch.clip_id) == [clip_id(number) for number in WITH_AUDIO[:4]]
    # Without a mask, it has no columns.
    assert next(iter(DataLoader(opened(whole_clips)))).frame_mask.shape == (1, 250, 0)


def test_threads_and_workers_change_nothing(whole_clips: Path) -> None:
    clips = opened(whole_clips, label_mask=True)
    expected = batches(clips)
    assert batches(opened(whole_clips, label_mask=True, threads=3)) == expected
    assert batches(pickle.loads(pickle.dumps(clips))) == expected
    assert batches(clips, num_workers=2, multiprocessing_context="fork") == expected


@pytest.mark.slow
def test_workers_can_be_spawned(whole_clips: Path) -> None:
    clips = opened(whole_clips, threads=2)
    options = {"num_workers": 1, "multiprocessing_context": "spawn"}
    assert batches(clips, **options) == batches(clips)


def test_clips_without_audio_are_left_out(
    whole_clips: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clips = opened(whole_clips)
    assert clips.clips_without_audio == len(CLIPS) - len(WITH_AUDIO) == 2
    assert "2 of the 10 clips of strong_eval have no audio" in caplog.text
    assert "2 of them with t;" in caplog.text
    assert repr(clips) == (
        "<AudioSetClips of t, eval split: 8 clips of 250 frames of 0.04 s at 8,000 Hz>"
    )


@pytest.mark.slow
def test_no_audio_at_all_is_an_error(tmp_path: Path) -> None:
    metadata = write_sounds(tmp_path / "metadata", 2, eval=f"{youtube_id('e', 0)}_0 1.000 2 /m/gun")
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("t", ("/m/gun",))], metadata)
    with pytest.raises(AudiosetDuckError, match="no inventory of audio; create one with"):
        AudioSetClips(catalog, "t")
    soundfile.write(tmp_path / f"{youtube_id('g', 0)}.wav", np.full(8000, 0.5), 8000)
    build(catalog, [Target("t", ("/m/gun",))], metadata, inventory=find_files(tmp_path))
    with pytest.raises(AudiosetDuckError, match="none of the 1 clips of strong_eval has audio"):
        AudioSetClips(catalog, "t")
    train = AudioSetClips(catalog, "t", "train", sample_rate=8000)
    assert (len(train), train.clips_without_audio) == (1, 1)
    assert train[0].frame_label.nonzero().flatten().tolist() == list(range(25, 50))


def test_a_split_without_clips(whole_clips: Path) -> None:
    with pytest.raises(AudiosetDuckError, match="has no clips of strong_train; build it with"):
        opened(whole_clips, split="train")


@pytest.fixture
def copied(whole_clips: Path, tmp_path: Path) -> Path:
    """A catalog whose audio may be removed."""
    shutil.copytree(whole_clips.parent / "audio", tmp_path / "audio")
    shutil.copytree(whole_clips.parent / "metadata", tmp_path / "metadata")
    catalog = tmp_path / "catalog.duckdb"
    inventory = find_files(tmp_path / "audio")
    build(catalog, [Target("t", POSITIVE)], tmp_path / "metadata", inventory=inventory)
    return catalog


def test_a_file_that_cannot_be_loaded(copied: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is an error, or another clip with the target replaces it, padded as it is."""
    clips = opened(copied)
    replacing = opened(copied, on_error="replace")
    path = copied.parent / "audio" / f"{youtube_id('c', 0)}.wav"
    path.unlink()
    with pytest.raises(AudiosetDuckError, match=rf"{path} cannot be loaded: .*No such file"):
        clips[0]
    assert clips.failures == 0
    with caplog.at_level(logging.WARNING, "audioset_duck"):
        item = replacing[0]
        again = replacing[0]
    assert replacing.failures >= 2
    assert caplog.text.count("another clip replaces it") == 1
    assert item.clip_id == again.clip_id != clip_id(0)
    assert item.frame_label.any()
    original = replacing[[replacing.key(row) for row in range(len(replacing))].index(item.clip_id)]
    assert torch.equal(item.wav, original.wav)
    assert torch.equal(item.frame_label, original.frame_label)
    # The only one without the target has none to replace it.
    (path.parent / f"{youtube_id('c', 9)}.wav").unlink()
    with pytest.raises(AudiosetDuckError, match="100 audio files in a row could not be loaded"):
        replacing[len(replacing) - 1]


def test_audio_that_is_part_of_an_archive(copied: Path, tmp_path: Path) -> None:
    files = opened(copied)
    expected = batches(files)
    # No memory is spent on parts if there are none.
    assert files._table.parts is None
    found = find_files(tmp_path / "audio")
    inventory = found.to_pylist()
    members = packed(inventory[::2], tmp_path / "shard-000000.tar")
    build(
        tmp_path / "packed.duckdb",
        [Target("t", POSITIVE)],
        tmp_path / "metadata",
        inventory=pa.Table.from_pylist(inventory[1::2] + members, found.schema),
    )
    assert batches(opened(tmp_path / "packed.duckdb")) == expected


def test_it_is_the_dataset_of_windows_that_it_agrees_with(whole_clips: Path) -> None:
    """A positive window has the audio of its clip; labels have the same columns."""
    clips = opened(whole_clips)
    windows = AudioSetDataset(whole_clips, "t", "eval", sample_rate=RATE, roles=("positive",))
    assert clips.label_ids == windows.label_ids
    key = windows.key(0)
    ((start,),) = windows.sql(
        f"select cast(start_seconds as double) from samples where sample_key = '{key}'"
    ).fetchall()
    row = [clips.key(row) for row in range(len(clips))].index(key.split("/")[1])
    first = round(start * RATE)
    length = int(windows[0].wav.count_nonzero()) // 2
    assert torch.equal(windows[0].wav[:length], clips[row].wav[first : first + length])


def test_sql(whole_clips: Path) -> None:
    clips = opened(whole_clips)
    assert clips.sql("select count(distinct clip_id) from active_spans").fetchall() == [(9,)]


@pytest.mark.parametrize("index", [-1, 8])
def test_an_index_out_of_range(whole_clips: Path, index: int) -> None:
    with pytest.raises(IndexError, match="is not one of the 8 clips of the eval split"):
        opened(whole_clips)[index]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "dog"}, "target 'dog' is not in this catalog"),
        ({"split": "test"}, "split is 'test'; expected 'train' or 'eval'"),
        ({"on_error": "ignore"}, "on_error is 'ignore'; expected 'replace' or 'raise'"),
        ({"sample_rate": 16_000.0}, "sample_rate is 16000.0; expected an integer in Hz"),
        ({"threads": 0}, "threads is 0; expected an integer from 1 on"),
        ({"label_mask": 1}, "label_mask is 1; expected True or False"),
        ({"hop_seconds": 0}, "hop_seconds is 0; expected a number of seconds from 0.001 to 10"),
        ({"hop_seconds": -0.04}, "hop_seconds is -0.04; expected"),
        ({"hop_seconds": float("nan")}, "hop_seconds is nan; expected"),
        ({"hop_seconds": float("inf")}, "hop_seconds is inf; expected"),
        ({"hop_seconds": "soon"}, "hop_seconds is 'soon'; expected"),
        ({"hop_seconds": True}, "hop_seconds is True; expected"),
        ({"catalog": "nowhere.duckdb"}, r"there is no catalog .*nowhere.duckdb; create it with"),
    ],
)
def test_wrong_options_are_refused(whole_clips: Path, options: dict, message: str) -> None:
    with pytest.raises(AudiosetDuckError, match=message):
        AudioSetClips(**{"catalog": whole_clips, "target": "t"} | options)


def test_a_catalog_of_another_version(whole_clips: Path, tmp_path: Path) -> None:
    catalog = shutil.copy(whole_clips, tmp_path / "catalog.duckdb")
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("drop view t.active_spans")
        connection.execute("update meta.builds set versions = replace(versions, 'models', 'older')")
    with pytest.raises(AudiosetDuckError, match=r"built by another version .* update it with"):
        AudioSetClips(catalog, "t")
