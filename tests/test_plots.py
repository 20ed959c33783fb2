"""Charts for notebooks: what they show, and what they say when they cannot."""

import re
from decimal import Decimal
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import soundfile
import vl_convert
from support.listening import data_of
from support.metadata import write_metadata, write_sounds

from audioset_duck import plots
from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError

NAMES = "/m/gun Gun\n/m/rain Rain\n/m/boom Boom"
TRAIN = """
    aaaaaaaaaaa_0 0.000 2.300 /m/gun
    aaaaaaaaaaa_0 1.000 2.000 /m/rain
    bbbbbbbbbbb_0 0.000 1.000 /m/boom
"""
FRAMED = """
    aaaaaaaaaaa_0 0.000 0.960 /m/gun PRESENT
    aaaaaaaaaaa_0 0.000 0.960 /m/boom NOT_PRESENT
"""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plots")
    metadata = write_metadata(folder, names=NAMES, train=TRAIN, framed=FRAMED)
    path = folder / "c.duckdb"
    build(path, [Target("shot", ("Gun",)), Target("bang", ("Boom",))], metadata)
    return path


def drawn(chart) -> list[dict]:
    """The rows of each chart of one; that it can be drawn is shown on the way."""
    specification = chart.to_dict()
    assert vl_convert.vegalite_to_svg(specification).startswith("<svg")
    datasets = specification.get("datasets", {})

    def rows(part: dict) -> list[list[dict]]:
        data = part.get("data", {})
        own = [data["values"] if "values" in data else datasets[data["name"]]] if data else []
        return own + [found for inner in part.get("vconcat", []) for found in rows(inner)]

    return rows(specification)


def brief(rows: list[dict]) -> list[tuple]:
    return [(row["title"], row["role"], row["start_seconds"], row["end_seconds"]) for row in rows]


def test_timeline_with_a_target_and_its_windows(catalog: Path) -> None:
    events, windows = drawn(plots.event_timeline(catalog, "aaaaaaaaaaa_0", "shot"))
    assert brief(events) == [("Gun", "positive", 0.0, 2.3), ("Rain", "other", 1.0, 2.0)]
    assert brief(windows) == [
        ("Gun", "positive", 0.0, 1.0),
        ("Gun", "positive", 1.0, 2.0),
        ("Gun", "positive", 1.3, 2.3),
    ]


def test_timeline_of_a_clip_of_negatives(catalog: Path) -> None:
    events, windows = drawn(plots.event_timeline(str(catalog), "aaaaaaaaaaa_0", "bang"))
    assert [row["role"] for row in events] == ["strong_negative"] * 2
    assert len(windows) == 4


def test_timeline_without_a_target_and_of_another_subset(catalog: Path) -> None:
    (events,) = drawn(plots.event_timeline(catalog, "aaaaaaaaaaa_0", subset="strong_eval_framed"))
    assert brief(events) == [("Gun", "other", 0.0, 0.96)]


def test_label_distribution(catalog: Path) -> None:
    (rows,) = drawn(plots.label_distribution(catalog, "strong_train"))
    assert [(row["title"], row["amount"]) for row in rows] == [
        ("Gun", 2.3),
        ("Boom", 1.0),
        ("Rain", 1.0),
    ]


def test_overlap_matrix(catalog: Path) -> None:
    (rows,) = drawn(plots.overlap_matrix(catalog, "shot"))
    assert [(row["title"], row["other_title"], row["event_count"]) for row in rows] == [
        ("Gun", "Rain", 1)
    ]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    metadata = write_sounds(folder, 9, {"/m/a": 12, "/m/b": 10}, {"/m/a": 11, "/m/b,/m/c": 11})
    path = folder / "c.duckdb"
    build(path, [Target("gun", ("/m/gun",))], metadata)
    return path


def test_epoch_preview(sounds: Path) -> None:
    (rows,) = drawn(plots.epoch_preview(sounds, "gun", epoch=2, seed=5, batch_size=16, batches=2))
    with open_catalog(sounds) as connection:
        planned = connection.execute(
            "select step, slot, plan.draw, plan.label_id, sample_key"
            " from gun.epoch_plan(5, 2, 16) as plan join gun.samples using (sample_id)"
            " where step < 2 order by step, slot"
        ).fetchall()
    assert [
        (row["step"], row["slot"], row["draw"], row["label_id"], row["sample_key"]) for row in rows
    ] == planned
    assert [(row["step"], row["slot"]) for row in rows] == [
        (step, slot) for step in range(2) for slot in range(16)
    ]
    assert {row["title"] for row in rows} == {"Name of gun", "Name of a", "Name of b", "Name of c"}
    for row in rows:
        letter = {"positive": "g", "weak": "w"}.get(row["draw"], "s")
        assert row["sample_key"].split("/")[1][0] == letter
        assert (row["crop_start_seconds"] is not None) == (row["draw"] == "weak")


def test_epoch_preview_of_weak_positives(tmp_path: Path) -> None:
    """They take the slots of positives that are not there, and have a colour of their own."""
    metadata = write_sounds(tmp_path, 0, {"/m/a": 12}, {"/m/gun": 9, "/m/a": 12})
    build(tmp_path / "c.duckdb", [Target("gun", ("/m/gun",))], metadata)
    chart = plots.epoch_preview(tmp_path / "c.duckdb", "gun", batch_size=16)
    (rows,) = drawn(chart)
    draws = chart.to_dict()["encoding"]["color"]["scale"]["domain"]
    assert draws[0] == "weak_positive" and {*draws} == {row["draw"] for row in rows}


def test_epoch_preview_of_a_short_epoch_and_of_large_batches(sounds: Path) -> None:
    (rows,) = drawn(plots.epoch_preview(sounds, "gun", batch_size=200))
    assert {row["step"] for row in rows} == {0}
    (rows,) = drawn(plots.epoch_preview(sounds, "gun", batch_size=16))
    assert {row["step"] for row in rows} == {0, 1, 2}


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"batch_size": 3}, "gun has no batches of 3 samples: .* use a larger batch_size"),
        ({"batch_size": 0}, "batch_size is 0; expected a whole number, at least 1"),
        ({"batches": 0}, "batches is 0; expected a whole number, at least 1"),
        ({"seed": -1}, "seed is -1; expected a whole number, at least 0"),
        ({"epoch": "0"}, "epoch is '0'; expected a whole number, at least 0"),
        ({"target": "dog"}, "target 'dog' is not in this catalog, which has gun"),
    ],
)
def test_epoch_preview_of_what_is_not_there(sounds: Path, options: dict, match: str) -> None:
    with pytest.raises(AudiosetDuckError, match=match):
        plots.epoch_preview(sounds, **{"target": "gun"} | options)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (
            lambda catalog: plots.event_timeline(catalog, "zzzzzzzzzzz_0"),
            r"clip 'zzzzzzzzzzz_0' has no events in any strong subset; expected a clip_id",
        ),
        (
            lambda catalog: plots.event_timeline(catalog, "bbbbbbbbbbb_0", subset="strong_eval"),
            r"clip 'bbbbbbbbbbb_0' has no events in strong_eval; expected strong_train$",
        ),
        (
            lambda catalog: plots.event_timeline(catalog, "bbbbbbbbbbb_0", "dog"),
            r"target 'dog' is not in this catalog, which has bang, shot|shot, bang",
        ),
        (
            lambda catalog: plots.label_distribution(catalog, "weak_eval"),
            r"subset 'weak_eval'; expected .*: strong_train, strong_eval_framed$",
        ),
        (
            lambda catalog: plots.overlap_matrix(catalog, "dog"),
            r"target 'dog' is not in this catalog",
        ),
        (
            lambda catalog: plots.overlap_matrix(catalog, "shot", "strong_eval"),
            r"no event of shot is overlapped in .*'strong_eval'; expected .*: strong_train$",
        ),
    ],
)
def test_what_is_not_there(catalog: Path, call, match: str) -> None:
    with pytest.raises(AudiosetDuckError, match=match):
        call(catalog)


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """Two seconds: 1000 Hz at half of full scale, but for silence up to 0.5 s."""
    rate = 16000
    time = np.arange(2 * rate) / rate
    left = np.where(time < 0.5, 0, 0.5 * np.sin(2 * np.pi * 1000 * time))
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.stack([left, left], axis=1), rate)
    return path


def test_show_plays_and_draws_a_slice(tone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played = []
    monkeypatch.setattr("IPython.display.display", played.append)
    waveform, spectrogram = drawn(plots.show(tone, 0.25, 1.25))
    assert len(played) == 1
    assert waveform[0]["start"] == 0.25 and spectrogram[-1]["end"] == 1.25
    loud = [row for row in waveform if row["start"] > 0.51]
    assert all(0.49 < row["highest"] <= 0.5 and -0.5 <= row["lowest"] < -0.49 for row in loud)
    assert all(row["highest"] == 0 for row in waveform if row["start"] < 0.49)
    band = 8000 / len(spectrogram[0]["levels"])
    for row in spectrogram:
        loudest = int(np.argmax(row["levels"]))
        if row["start"] > 0.55:
            assert abs((loudest + 0.5) * band - 1000) < band
        elif row["end"] < 0.45:
            assert set(row["levels"]) == {-80}


def test_show_of_a_whole_short_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("IPython.display.display", lambda _: None)
    soundfile.write(tmp_path / "short.flac", np.zeros(10), 8000)
    waveform, spectrogram = drawn(plots.show(tmp_path / "short.flac"))
    assert len(waveform) == 10 and len(spectrogram) == 1


@pytest.mark.slow
def test_show_of_a_sample(tone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file and times of a row of `samples`, as it has them."""
    monkeypatch.setattr("IPython.display.display", lambda _: None)
    shown = plots.show((str(tone), Decimal("0.250"), Decimal("1.250")))
    assert drawn(shown) == drawn(plots.show(tone, 0.25, 1.25))


@pytest.mark.slow
def test_show_of_an_item_of_a_dataset(monkeypatch: pytest.MonkeyPatch, demo_audio: Path) -> None:
    pytest.importorskip("torch")
    from audioset_duck import AudioSetDataset

    played = []
    monkeypatch.setattr("IPython.display.display", played.append)
    dataset = AudioSetDataset(demo_audio / "catalog.duckdb", "gun", sample_rate=16000)
    waveform, spectrogram = drawn(plots.show(dataset[3], sample_rate=dataset.sample_rate))
    wav = dataset[3].wav.numpy()
    assert len(played) == 1
    assert waveform[0]["start"] == 0 and spectrogram[-1]["end"] == pytest.approx(1)
    assert max(row["highest"] for row in waveform) == pytest.approx(wav.max(), abs=1e-4)
    assert min(row["lowest"] for row in waveform) == pytest.approx(wav.min(), abs=1e-4)


def test_show_of_what_cannot_be_shown(tone: Path, tmp_path: Path) -> None:
    with pytest.raises(AudiosetDuckError, match=r"tone.wav has no audio from 3 s to 4 s: .* 2.000"):
        plots.show(tone, 3, 4)
    with pytest.raises(AudiosetDuckError, match="no audio from 1 s to 1 s"):
        plots.show(tone, 1, 1)
    (tmp_path / "text.wav").write_text("text")
    for name in ("text.wav", "not_there.wav"):
        with pytest.raises(AudiosetDuckError, match=f"{name} cannot be read as audio"):
            plots.show(tmp_path / name)


@pytest.mark.slow
def test_a_few_samples_to_listen_to(demo_audio: Path) -> None:
    """The page of the command, in a frame."""
    shown = plots.listen(demo_audio / "catalog.duckdb", "gun", "positive", limit=2)
    source = re.search(r'<iframe srcdoc="(.*?)" width', shown._repr_html_(), re.DOTALL)[1]
    assert len(data_of(unescape(source))["items"]) == 2
