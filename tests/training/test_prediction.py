"""The files that predict writes: against scores by hand, resumed, and from two processes."""

import pickle
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import torch
from support.clips import clip_id, make_clips
from support.metadata import youtube_id
from torch import nn

from audioset_duck import AudioSetClips, AudioSetDataset, predict
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.progress import set_quiet
from audioset_duck.training import prediction_parts

RATE = 8000


class FrameModel(nn.Module):
    """The power of frames of 40 ms, times a weight, and more frames if asked for."""

    def __init__(self, frames: int = 250, more: int = 0, weight: float = 3.0) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(weight))
        self.frames, self.more = frames, more
        self.calls: list[int] = []

    def forward(self, wav: torch.Tensor) -> torch.Tensor:
        assert not self.training
        assert torch.is_inference_mode_enabled()
        self.calls.append(len(wav))
        power = wav.unflatten(1, (self.frames, -1)).square().mean(2)
        return nn.functional.pad(power * self.scale, (0, self.more))


class WindowModel(nn.Module):
    """The power of windows, and how often it was asked."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.dtype = dtype
        self.calls: list[tuple[int, ...]] = []

    def forward(self, wav: torch.Tensor) -> torch.Tensor:
        self.calls.append(tuple(wav.shape))
        return wav.to(self.dtype).square().mean(1, keepdim=True)


class Failing(nn.Module):
    """A model that fails at its nth call."""

    def __init__(self, model: nn.Module, call: int, error: BaseException) -> None:
        super().__init__()
        self.model, self.calls_left, self.error = model, call, error

    def forward(self, wav: torch.Tensor) -> torch.Tensor:
        if not self.calls_left:
            raise self.error
        self.calls_left -= 1
        return self.model(wav)

    def state_dict(self, *_: object, **__: object) -> dict:
        return {}


@pytest.fixture
def clips(whole_clips: Path) -> AudioSetClips:
    return AudioSetClips(whole_clips, "t", sample_rate=RATE)


@pytest.fixture
def samples(sounds: Path) -> AudioSetDataset:
    return AudioSetDataset(sounds, "t", sample_rate=RATE)


def rows(path: Path) -> list[tuple]:
    return duckdb.sql(f"from '{path}'").fetchall()


def by_hand(clips: AudioSetClips, model: nn.Module) -> list[tuple[str, list[float]]]:
    model.eval()
    with torch.inference_mode():
        return [
            (item.clip_id, model(item.wav[None])[0, : item.frame_count].tolist())
            for item in map(clips.__getitem__, range(len(clips)))
        ]


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("workers", [0, 2])
def test_frames(clips: AudioSetClips, tmp_path: Path, more: int, workers: int) -> None:
    """Without padding; a further frame at the end of the clip is dropped."""
    model = FrameModel(more=more)
    path = predict(model, clips, tmp_path / "a.parquet", batch_size=3, num_workers=workers)
    assert path == tmp_path / "a.parquet"
    assert model.calls == [3, 3, 2]
    assert rows(path) == by_hand(clips, model)
    assert [len(scores) for _, scores in rows(path)] == [250, 250, 168, 92, 249, 10, 250, 250]
    assert duckdb.sql(f"describe from '{path}'").fetchall()[1][:2] == ("scores", "FLOAT[]")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz", "tsv", "tsv.gz"])
def test_formats(clips: AudioSetClips, tmp_path: Path, ending: str) -> None:
    path = predict(FrameModel(), clips, tmp_path / f"a.{ending}", detector="it's mine")
    assert path.read_bytes()[:2] == {"parquet": b"PA", "csv": b"cl", "tsv": b"cl"}.get(
        ending, b"\x1f\x8b"
    )
    reader = f"read_csv('{path}')" if ending != "parquet" else f"'{path}'"
    found = duckdb.sql(f"select * replace (scores::float[] as scores) from {reader}")
    assert found.columns == ["clip_id", "scores", "detector"]
    expected = [(*row, "it's mine") for row in by_hand(clips, FrameModel())]
    assert found.fetchall() == expected


def test_samples(samples: AudioSetDataset, tmp_path: Path) -> None:
    model = WindowModel()
    path = predict(model, samples, tmp_path / "a.parquet", batch_size=32)
    assert model.calls == [(32, RATE), (32, RATE), (21, RATE)]
    assert duckdb.sql(f"from '{path}'").columns == ["sample_key", "score"]
    expected = [
        (item.sample_key, pytest.approx(item.wav.square().mean().item(), rel=1e-6))
        for item in map(samples.__getitem__, range(len(samples)))
    ]
    assert rows(path) == expected
    # Scores as precise as the model's.
    path = predict(WindowModel(torch.float64), samples, tmp_path / "b.parquet")
    assert duckdb.sql(f"describe from '{path}'").fetchall()[1][:2] == ("score", "DOUBLE")


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_models_of_half_precision(
    samples: AudioSetDataset, tmp_path: Path, precision: torch.dtype
) -> None:
    """Of which NumPy knows one only; and models that are run in it."""
    path = predict(WindowModel(precision), samples, tmp_path / "a.parquet", batch_size=100)
    exact = [item.wav.square().mean() for item in map(samples.__getitem__, range(len(samples)))]
    found = torch.tensor([score for _, score in rows(path)])
    assert torch.equal(found, found.to(precision).float())
    torch.testing.assert_close(found, torch.stack(exact), rtol=0.01, atol=0)
    with torch.autocast("cpu", precision):
        again = predict(WindowModel(precision), samples, tmp_path / "b.parquet", batch_size=100)
    assert rows(again) == rows(path)


@pytest.mark.parametrize(("seconds", "hop"), [(1.0, 0.5), (0.96, 0.25), (0.02, 0.7), (0.5, 6)])
def test_windows_score_the_frames_at_their_middle(
    whole_clips: Path, tmp_path: Path, seconds: float, hop: float
) -> None:
    clips = AudioSetClips(whole_clips, "t", sample_rate=RATE, hop_seconds=hop)
    model = WindowModel()
    path = predict(model, clips, tmp_path / "a.parquet", window_seconds=seconds, batch_size=7)
    size = round(seconds * RATE)
    assert {shape[1] for shape in model.calls} == {size}
    assert max(count for count, _ in model.calls) == min(7, clips.clip_frames)
    for item, (clip, scores) in zip(
        map(clips.__getitem__, range(len(clips))), rows(path), strict=True
    ):
        assert (clip, len(scores)) == (item.clip_id, item.frame_count)
        padded = np.pad(item.wav.numpy(), RATE * 10)
        for frame, score in enumerate(scores):
            start = round((frame + 0.5) * hop * RATE - size / 2) + RATE * 10
            expected = np.square(padded[start : start + size]).mean()
            assert score == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_what_to_do_next_is_printed(
    clips: AudioSetClips, samples: AudioSetDataset, tmp_path: Path, capsys
) -> None:
    """Clips without audio have no scores, which scoring has to be told."""
    predict(FrameModel(), clips, tmp_path / "a.csv")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines()[-1].strip() == (
        f"audioset-duck score --catalog {clips.catalog} --target t"
        f" --predictions {tmp_path / 'a.csv'} --hop 0.04 --partial"
    )
    set_quiet(True)
    try:
        predict(WindowModel(), samples, tmp_path / "b.csv", batch_size=85)
    finally:
        set_quiet(False)
    assert capsys.readouterr().err == ""


def test_the_model_is_left_as_it_was(samples: AudioSetDataset, tmp_path: Path) -> None:
    """In training mode, but for the module that was frozen; random numbers are not touched."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.frozen = nn.BatchNorm1d(1), nn.BatchNorm1d(1).eval()

        def forward(self, wav: torch.Tensor) -> torch.Tensor:
            return self.frozen(self.norm(wav[:, None])).mean((1, 2))

    model = Net()
    before = pickle.dumps(model.state_dict())
    torch.manual_seed(3)
    state = torch.random.get_rng_state()
    predict(model, samples, tmp_path / "a.parquet", device="cpu")
    assert (model.training, model.norm.training, model.frozen.training) == (True, True, False)
    assert pickle.dumps(model.state_dict()) == before
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("error", [ValueError("power cut"), KeyboardInterrupt()])
@pytest.mark.parametrize("ending", ["parquet", "csv.gz"])
def test_a_run_resumes(
    clips: AudioSetClips, tmp_path: Path, capsys, error: BaseException, ending: str
) -> None:
    """Each clip is predicted once, and the file has the bytes of a run in one go."""
    whole = predict(FrameModel(), clips, tmp_path / f"whole.{ending}", batch_size=2)
    path = tmp_path / f"a.{ending}"
    first = FrameModel()
    with pytest.raises(type(error)):
        predict(Failing(first, 2, error), clips, path, batch_size=2)
    assert first.calls == [2, 2]
    assert not path.exists()
    second = FrameModel()
    predict(Failing(second, 9, error), clips, path, batch_size=2)
    assert second.calls == [2, 2]
    assert f"4 of 8 items of {path} are predicted; resuming" in capsys.readouterr().err
    assert path.read_bytes() == whole.read_bytes()
    assert {file.name for file in tmp_path.iterdir()} == {whole.name, path.name}


def test_a_run_resumes_with_another_batch_size(clips: AudioSetClips, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with pytest.raises(ValueError, match="x"):
        predict(Failing(FrameModel(), 1, ValueError("x")), clips, path, batch_size=3)
    model = FrameModel()
    predict(Failing(model, 9, ValueError("x")), clips, path, batch_size=2)
    assert model.calls == [1, 2, 2]
    assert rows(path) == by_hand(clips, FrameModel())


def test_a_killed_run_has_the_parts_of_all_but_its_last_minute(
    clips: AudioSetClips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_parts, "_SECONDS_OF_A_PART", -1)
    path = tmp_path / "a.parquet"
    parts = tmp_path / "a.parquet.parts"
    copies = tmp_path / "killed"

    class Copying(Failing):
        """Keeps what a kill would leave."""

        def forward(self, wav: torch.Tensor) -> torch.Tensor:
            shutil.rmtree(copies, ignore_errors=True)
            shutil.copytree(parts, copies)
            return super().forward(wav)

    predict(Copying(FrameModel(), 9, ValueError()), clips, path, batch_size=2)
    assert sorted(file.name for file in copies.iterdir()) == [
        "000000000.parquet",
        "000000002.parquet",
        "000000004.parquet",
        "run.json",
    ]
    # One of them had not reached the disk.
    (copies / "000000002.parquet").write_bytes(b"")
    copies.rename(parts)
    model = FrameModel()
    predict(Copying(model, 9, ValueError()), clips, path, batch_size=2)
    assert model.calls == [2, 2]
    assert rows(path) == by_hand(clips, FrameModel())


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ({"weight": 4.0}, "model"),
        ({"sample_rate": 4000}, "dataset"),
        ({"hop_seconds": 0.02, "frames": 500}, "dataset"),
    ],
)
def test_another_run_starts_again(
    whole_clips: Path, tmp_path: Path, caplog, options: dict, changed: str
) -> None:
    def run(call: int, **options: object) -> FrameModel:
        model = FrameModel(options.pop("frames", 250), weight=options.pop("weight", 3.0))
        clips = AudioSetClips(whole_clips, "t", **{"sample_rate": RATE} | options)
        calls = model.calls
        model.register_forward_pre_hook(lambda *_: 1 / 0 if len(calls) == call else None)
        predict(model, clips, tmp_path / "a.parquet", batch_size=2)
        return model

    with pytest.raises(ZeroDivisionError):
        run(2)
    caplog.clear()
    assert run(9, **options).calls == [2, 2, 2, 2]
    assert f"has the parts of a run with another {changed}; they are removed" in caplog.text


def test_two_runs_at_once_are_an_error(clips: AudioSetClips, tmp_path: Path) -> None:
    class Nested(FrameModel):
        def forward(self, wav: torch.Tensor) -> torch.Tensor:
            predict(FrameModel(), clips, tmp_path / "a.parquet")
            return super().forward(wav)

    with pytest.raises(AudiosetDuckError, match=r"another prediction to .* is in progress"):
        predict(Nested(), clips, tmp_path / "a.parquet")


def test_a_file_that_is_there_is_replaced(clips: AudioSetClips, tmp_path: Path, capsys) -> None:
    path = predict(FrameModel(), clips, tmp_path / "new" / "a.parquet")
    assert "exists" not in capsys.readouterr().err
    predict(FrameModel(weight=1.0), clips, path)
    assert f"{path} exists; its items are predicted again" in capsys.readouterr().err
    assert rows(path) == by_hand(clips, FrameModel(weight=1.0))


def returning(shape: tuple[int, ...] | None, value: object = None) -> nn.Module:
    """A model that returns zeros of a shape with the batch before it, or a value."""

    class Net(nn.Module):
        def forward(self, wav: torch.Tensor) -> object:
            return value if shape is None else torch.zeros(len(wav), *shape)

    return Net()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            returning((63,)),
            r"returns 63 scores for a clip of 10 s, a hop of about 0.1587 s, but the dataset has"
            r" 250 frames of 0.04 s; create the dataset with the hop_seconds of the model",
        ),
        (returning((249,)), "returns 249 scores for a clip of 10 s"),
        (returning(()), r"one score for each clip, \(4,\) for 4 clips; .* pass .*window_seconds"),
        (returning((1,)), r"one score for each clip, \(4, 1\) for 4 clips"),
        (returning((250, 2)), r"shape \(4, 250, 2\) for 4 clips; expected \(4, 250\)"),
        (returning(None, torch.zeros(2, 250)), r"shape \(2, 250\) for 4 clips; expected \(4, 250"),
        (returning(None, {"scores": 1}), "returns a dict; expected a tensor of scores: wrap"),
    ],
)
def test_wrong_frame_scores(
    clips: AudioSetClips, tmp_path: Path, model: nn.Module, message: str
) -> None:
    with pytest.raises(AudiosetDuckError, match=message):
        predict(model, clips, tmp_path / "a.parquet", batch_size=4)


def test_wrong_scores_of_samples_and_windows(
    clips: AudioSetClips, samples: AudioSetDataset, tmp_path: Path
) -> None:
    expected = r"shape \(4, 250\) for 4 %ss; expected \(4,\) or \(4, 1\), one score for each %s"
    with pytest.raises(AudiosetDuckError, match=expected % ("sample", "sample")):
        predict(returning((250,)), samples, tmp_path / "a.parquet", batch_size=4)
    with pytest.raises(AudiosetDuckError, match=expected % ("window", "window")):
        options = {"batch_size": 4, "window_seconds": 1.0}
        predict(returning((250,)), clips, tmp_path / "a.parquet", **options)
    # One column more is no channel.
    assert predict(returning((250, 1)), clips, tmp_path / "a.parquet").exists()


def test_nan_is_an_error(clips: AudioSetClips, samples: AudioSetDataset, tmp_path: Path) -> None:
    class Net(FrameModel):
        row = 3

        def forward(self, wav: torch.Tensor) -> torch.Tensor:
            scores = super().forward(wav)
            scores[self.row, 160:] = torch.nan
            return scores

    # Padding may be anything: the fourth clip has 92 frames, the third 168.
    model = Net()
    assert len(rows(predict(model, clips, tmp_path / "a.csv", batch_size=8))) == 8
    model.row = 2
    with pytest.raises(AudiosetDuckError, match=f"returns NaN for {clip_id(2)}; expected scores"):
        predict(model, clips, tmp_path / "b.csv", batch_size=8)
    with pytest.raises(AudiosetDuckError, match=f"returns NaN for {samples.key(0)}"):
        predict(
            returning(None, torch.full((4,), torch.nan)), samples, tmp_path / "c.csv", batch_size=4
        )
    # Infinite logits can be compared.
    model = returning(None, torch.full((85,), torch.inf))
    path = predict(model, samples, tmp_path / "d.parquet", batch_size=85)
    assert rows(path)[0][1] == float("inf")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": print}, "model is a builtin_function_or_method; expected a torch.nn.Module"),
        ({"dataset": [1]}, "dataset is a list; expected an AudioSetDataset or AudioSetClips"),
        ({"out": "a.json"}, r"out is 'a.json'; expected a file that ends in .parquet, .csv,"),
        ({"batch_size": 0}, "batch_size is 0; expected an integer from 1 on"),
        ({"num_workers": -1}, "num_workers is -1; expected an integer from 0 on"),
        ({"window_seconds": 0}, "window_seconds is 0; expected a number of seconds from 0.001"),
        ({"window_seconds": "1"}, "window_seconds is '1'; expected"),
        ({"detector": ""}, "detector is ''; expected a name, or None"),
    ],
)
def test_wrong_options_are_refused(clips: AudioSetClips, options: dict, message: str) -> None:
    with pytest.raises(AudiosetDuckError, match=message):
        predict(**{"model": FrameModel(), "dataset": clips, "out": "a.parquet"} | options)


def test_parts_that_another_rank_has_written_elsewhere(tmp_path: Path) -> None:
    """On a folder that only one of two machines sees."""
    parts = prediction_parts.PredictionParts(tmp_path / "a.csv")
    parts.folder.mkdir()
    assert parts.open({"model": "x"}) == []
    parts.add(pa.table({"place": [0], "item_key": ["x"], "prediction": [0.5]}))
    parts.write()
    with pytest.raises(AudiosetDuckError, match="has 1 of 2 predictions; all ranks have to write"):
        parts.join(2, "sample_key", "score", None)
    assert not parts.out.exists()
    assert parts.open({"model": "x"}) == [0]


def test_a_folder_of_something_else_is_left_alone(clips: AudioSetClips, tmp_path: Path) -> None:
    other = tmp_path / "a.csv.parts" / "mine.parquet"
    other.parent.mkdir()
    other.write_bytes(b"mine")
    with pytest.raises(AudiosetDuckError, match="has files, but not of predictions in progress"):
        predict(FrameModel(), clips, tmp_path / "a.csv")
    assert other.read_bytes() == b"mine"


def test_windows_are_for_clips(samples: AudioSetDataset, tmp_path: Path) -> None:
    with pytest.raises(AudiosetDuckError, match="window_seconds is for AudioSetClips"):
        predict(WindowModel(), samples, tmp_path / "a.csv", window_seconds=1.0)


def test_what_cannot_be_loaded_is_not_replaced(tmp_path: Path, caplog) -> None:
    catalog = make_clips(tmp_path)
    strict = AudioSetClips(catalog, "t", sample_rate=RATE)
    lenient = AudioSetClips(catalog, "t", sample_rate=RATE, on_error="replace")
    samples = AudioSetDataset(catalog, "t", "eval", sample_rate=RATE)
    (tmp_path / "audio" / f"{youtube_id('c', 0)}.wav").unlink()
    with pytest.raises(AudiosetDuckError, match=f"{youtube_id('c', 0)}.wav cannot be loaded"):
        predict(FrameModel(), strict, tmp_path / "a.parquet")
    path = predict(FrameModel(), lenient, tmp_path / "b.parquet", batch_size=3)
    assert [clip for clip, _ in rows(path)] == [strict.key(row) for row in range(1, len(strict))]
    assert f"1 of 8 items cannot be loaded and have no scores in {path}" in caplog.text
    path = predict(WindowModel(), samples, tmp_path / "c.parquet", num_workers=1)
    keys = [samples.key(row) for row in range(len(samples))]
    expected = [key for key in keys if youtube_id("c", 0) not in key]
    assert [key for key, _ in rows(path)] == expected
    assert 0 < len(expected) < len(keys)
    assert f"{len(keys) - len(expected)} of {len(keys)} items cannot be loaded" in caplog.text


RANK = """
    import pathlib, sys
    import torch
    from audioset_duck import AudioSetClips, predict
    from audioset_duck.errors import AudiosetDuckError

    catalog, folder, rank = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2
    )
    calls = []

    class Net(torch.nn.Module):
        def __init__(self, weight=3.0):
            super().__init__()
            self.register_buffer("weight", torch.tensor(weight))
            self.unused = torch.nn.Parameter(torch.zeros(1))

        def forward(self, wav):
            calls.append(len(wav))
            return wav.unflatten(1, (250, -1)).square().mean(2) * self.weight

    clips = AudioSetClips(catalog, "t", sample_rate=8000)
    # Wrapped and with a buffer, it would wait in each batch for the rank that has none left.
    model = torch.nn.parallel.DistributedDataParallel(Net())
    print("file", predict(model, clips, folder / "a.parquet", batch_size=3).exists(), calls)
    for name, weight, out in (("model", rank, "b.parquet"), ("file", 3.0, "c.parquet")):
        (folder / "c.parquet.parts").touch()
        try:
            predict(Net(float(weight)), clips, folder / out)
        except AudiosetDuckError as error:
            print(name, error)
    torch.distributed.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes(clips: AudioSetClips, tmp_path: Path) -> None:
    """Each predicts a part, and the file is that of one process; both raise what one finds."""
    alone = predict(FrameModel(), clips, tmp_path / "alone.parquet", batch_size=3)
    command = [sys.executable, "-c", textwrap.dedent(RANK), clips.catalog, tmp_path]
    processes = [
        subprocess.Popen(
            [*command, str(rank)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for rank in range(2)
    ]
    try:
        answers = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], answers
    first, second = (printed.splitlines() for printed, _ in answers)
    assert (first[0], second[0]) == ("file True [3, 2]", "file True [3]")
    assert (tmp_path / "a.parquet").read_bytes() == alone.read_bytes()
    assert first[1:] == second[1:]
    assert first[1].startswith("model ranks have different models or datasets")
    assert "c.parquet.parts cannot be created" in first[2]
    assert [printed.count("score it with") for _, printed in answers] == [1, 0]
