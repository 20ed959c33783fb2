"""Exports for other tools, read by those tools where they are installed, and by plain Python."""

import collections
import csv
import gzip
import io
import itertools
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from support.audio import write_audio
from support.metadata import write_metadata

from audioset_duck.audio.scan import find_files
from audioset_duck.catalog.audio_files import FOUND_FILES
from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.export import hugging_face, sample_audio
from audioset_duck.export.formats import export_targets

# The target's sounds overlap, touch, have no duration, and one reaches beyond the clip.
TRAIN = """
-unshot_000_30000 1.000 2.500 /m/gun
-unshot_000_30000 2.000 3.500 /m/volley
-unshot_000_30000 3.500 3.700 /m/gun
-unshot_000_30000 5.000 5.000 /m/gun
-unshot_000_30000 8.000 10.001 /m/gun
-unshot_000_30000 8.500 9.000 /m/rain
rain______0_0 0.000 3.300 /m/rain
stereo____0_0 0.500 1.500 /m/rain
broken____0_0 0.500 1.500 /m/rain
in_a_tar__0_0 0.500 1.500 /m/rain
"""
EVAL = """
eval______0_0 4.250 5.250 /m/gun
no_file___0_0 1.000 2.000 /m/gun
"""
BALANCED = """
weak______0 10.000 20.000 /m/speech,/m/rain
weak_gun__0 0.000 10.000 /m/gun
"""
NAMES = "/m/gun Gunshot, gunfire\n/m/volley Volley\n/m/rain Rain"
INDICES = '0,/m/speech,"Speech"\n1,/m/gun,"Gunshot, gunfire"\n5,/m/rain,"Rain"'
SECONDS = {"rain______0": 2.95, "weak______0": 9.9}


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats") / "metadata"
    return write_metadata(
        folder, names=NAMES, indices=INDICES, train=TRAIN, eval=EVAL, balanced=BALANCED
    )


def build_target(catalog: Path, metadata: Path, inventory: pa.Table | None) -> Path:
    build(catalog, [Target("t", ("/m/gun", "Volley"))], metadata, inventory=inventory)
    return catalog


@pytest.fixture(scope="module")
def bare(metadata: Path) -> Path:
    """A catalog without an inventory of audio."""
    return build_target(metadata.parent / "bare.duckdb", metadata, None)


@pytest.fixture(scope="module")
def catalog(metadata: Path) -> Path:
    """A catalog with audio: a file is stereo, one was broken later, one is part of a tar."""
    audio = metadata.parent / "audio"
    ytids = {line[:11] for line in (TRAIN + EVAL + BALANCED).splitlines() if line}
    for ytid in ytids - {"no_file___0"}:
        path = audio / f"Y{ytid}{'.flac' if ytid.startswith('weak') else '.wav'}"
        channels = 2 if ytid.startswith("stereo") else 1
        write_audio(path, SECONDS.get(ytid, 10.0), rate=16_000, channels=channels)
    found = in_archives(find_files(audio), "in_a_tar__0")
    catalog = build_target(metadata.parent / "catalog.duckdb", metadata, found)
    (audio / "Ybroken____0.wav").write_bytes(b"RIFF and no more")
    return catalog


def into_tar(path: str) -> dict[str, Any]:
    """Put a file into a tar of its own, and say where it is."""
    archive = Path(path).with_suffix(".tar")
    with tarfile.open(archive, "w") as tar:
        tar.add(path, Path(path).name)
    Path(path).unlink()
    with tarfile.open(archive) as tar:
        (member,) = tar.getmembers()
    return {
        "audio_path": str(archive),
        "byte_offset": member.offset_data,
        "byte_count": member.size,
    }


def in_archives(found: pa.Table, ytid: str) -> pa.Table:
    """The same files, but for one, which is part of an archive."""
    rows = [
        row | into_tar(row["audio_path"]) if ytid in row["audio_path"] else row
        for row in found.to_pylist()
    ]
    return pa.Table.from_pylist(rows, found.schema)


def export(catalog: Path, out: Path, form: str, **options: bool) -> list[Path]:
    with open_catalog(catalog) as connection:
        return export_targets(connection, ["t"], out, form, **options)


def samples(catalog: Path, *, parts: bool = False) -> dict[str, dict[str, Any]]:
    """The samples by key; without parts of archives, those that a format with paths can hold."""
    query = f"from t.samples where {parts} or byte_offset is null order by sample_id"
    with open_catalog(catalog) as connection:
        rows = connection.sql(query).to_arrow_table().to_pylist()
    return {row["sample_key"]: row for row in rows}


def decoded(sample: dict[str, Any]) -> tuple[np.ndarray, int]:
    """The slice of a sample, (channels, T): the whole file is decoded, then cut."""
    file: Any = sample["audio_path"]
    if sample["byte_offset"]:
        with tarfile.open(file) as tar:
            file = io.BytesIO(tar.extractfile(tar.next()).read())
    audio, rate = soundfile.read(file, dtype="float32", always_2d=True)
    start, end = (round(float(sample[name]) * rate) for name in ("start_seconds", "end_seconds"))
    return audio[start:end].T, rate


def is_broken(sample: dict[str, Any]) -> bool:
    return sample["ytid"] == "broken____0"


@pytest.fixture(scope="module")
def cuts(catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("lhotse")
    paths = export(catalog, out, "lhotse")
    assert {path.name for path in (out / "t" / "lhotse").iterdir()} == {path.name for path in paths}
    return out / "t" / "lhotse"


def test_cuts_are_the_samples_of_their_split_and_role(catalog: Path, cuts: Path) -> None:
    expected = collections.defaultdict(list)
    for key, sample in samples(catalog).items():
        if not is_broken(sample):
            expected[f"cuts_{sample['split']}_{sample['role']}.jsonl.gz"].append(key)
    found = {}
    for path in cuts.iterdir():
        with gzip.open(path, "rt") as lines:
            found[path.name] = [json.loads(line)["id"] for line in lines]
    assert found == expected
    assert set(found) == {
        "cuts_train_positive.jsonl.gz",
        "cuts_train_strong_negative.jsonl.gz",
        "cuts_train_weak_negative.jsonl.gz",
        "cuts_train_weak_positive.jsonl.gz",
        "cuts_eval_positive.jsonl.gz",
    }


@pytest.mark.filterwarnings("ignore")
def test_lhotse_plays_cuts(catalog: Path, cuts: Path) -> None:
    lhotse = pytest.importorskip("lhotse")
    expected = samples(catalog)
    kinds = collections.Counter()
    for path in cuts.iterdir():
        for cut in lhotse.CutSet.from_file(path):
            lhotse.validate(cut)
            sample = expected[cut.id]
            audio, rate = decoded(sample)
            np.testing.assert_array_equal(cut.load_audio(), audio)
            assert cut.sampling_rate == rate
            (supervision,) = cut.supervisions
            assert supervision.audio_event.split(";") == sample["label_ids"]
            assert cut.is_positive == (sample["role"] in ("positive", "weak_positive"))
            assert (cut.role, cut.subset) == (sample["role"], sample["subset"])
            kinds[type(cut).__name__] += 1
    assert kinds["MultiCut"] == 1 and kinds["MonoCut"] > 10


@pytest.mark.filterwarnings("ignore")
def test_lhotse_reads_batches_for_tagging(cuts: Path) -> None:
    lhotse = pytest.importorskip("lhotse")
    from lhotse.dataset import AudioSamples, SimpleCutSampler
    from lhotse.dataset.audio_tagging import AudioTaggingDataset

    all_cuts = lhotse.CutSet.from_files([str(path) for path in sorted(cuts.iterdir())])
    dataset = AudioTaggingDataset(input_strategy=AudioSamples(mono_downmix=True))
    batches = [dataset[batch] for batch in SimpleCutSampler(all_cuts, max_cuts=4)]
    assert sum(len(batch["supervisions"]["audio_event"]) for batch in batches) == len(
        list(all_cuts)
    )


def test_text_of_a_cut_is_the_names_of_its_labels(cuts: Path) -> None:
    with gzip.open(cuts / "cuts_train_weak_negative.jsonl.gz", "rt") as lines:
        (cut,) = map(json.loads, lines)
    assert cut["supervisions"][0]["text"] == "Rain; Speech"
    assert cut["supervisions"][0]["custom"]["label_names"] == ["Rain", "Speech"]


def test_what_has_no_file_that_can_be_read_is_counted(
    catalog: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    export(catalog, tmp_path, "lhotse")
    export(catalog, tmp_path, "hf", embed=True)
    part, header, decoding = (record.getMessage() for record in caplog.records)
    assert part.startswith("1 samples are left out, since their audio is part of an archive")
    assert "audioset-duck extract" in part
    assert header.startswith("1 samples are left out")
    assert "samples left out" in decoding and "1 whose audio cannot be read" in decoding
    for message in (header, decoding):
        assert "Ybroken____0.wav" in message and "audioset-duck scan" in message


@pytest.mark.parametrize("options", [{}, {"embed": True}], ids=["paths", "embed"])
def test_parquet_says_what_audio_is(
    catalog: Path, tmp_path: Path, options: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hugging_face, "_ROWS_WITH_AUDIO", 4)
    paths = export(catalog, tmp_path, "hf", **options)
    assert [str(path.relative_to(tmp_path / "t" / "hf")) for path in paths] == [
        "data/train-00000.parquet",
        "data/eval-00000.parquet",
        "README.md",
    ]
    file = pq.ParquetFile(paths[0])
    described = json.loads(file.schema_arrow.metadata[b"huggingface"])["info"]["features"]
    assert described["audio"] == {"_type": "Audio"}
    assert list(described) == file.schema_arrow.names
    if options:
        groups = range(file.num_row_groups)
        assert max(file.metadata.row_group(group).num_rows for group in groups) == 4
    rows = [row for path in paths[:2] for row in pq.read_table(path).to_pylist()]
    expected = {
        key: sample
        for key, sample in samples(catalog, parts=bool(options)).items()
        if not (options and is_broken(sample))
    }
    by_split = sorted(expected.values(), key=lambda sample: sample["split"] != "train")
    assert [row["sample_key"] for row in rows] == [sample["sample_key"] for sample in by_split]
    for row in rows:
        sample = expected[row["sample_key"]]
        assert row["label"] == (sample["role"] in ("positive", "weak_positive"))
        assert row["start_seconds"] == float(sample["start_seconds"])
        assert row["end_seconds"] == float(sample["end_seconds"])
        for name in ("role", "subset", "label_ids", "label_id", "event_id", "is_overlapped"):
            assert row[name] == sample[name]
        if not options:
            assert row["audio"] == {"bytes": None, "path": sample["audio_path"]}
            continue
        audio, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="float32")
        original, expected_rate = decoded(sample)
        assert rate == expected_rate
        if len(original) == 1:
            np.testing.assert_array_equal(audio, original[0])
        else:
            np.testing.assert_allclose(audio, original.mean(axis=0), rtol=0, atol=2**-16)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("embed", [False, True], ids=["paths", "embed"])
def test_datasets_knows_the_column_as_audio(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embed: bool
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    export(catalog, tmp_path, "hf", embed=embed)
    loaded = datasets.load_dataset(str(tmp_path / "t" / "hf"), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"train", "eval"}
    features = loaded["train"].features
    assert isinstance(features["audio"], datasets.Audio)
    assert features["label"].names == ["negative", "positive"]
    kept = samples(catalog, parts=embed).values()
    counts = collections.Counter(sample["split"] for sample in kept)
    assert len(loaded["eval"]) == counts["eval"]
    assert len(loaded["train"]) == counts["train"] - embed
    # To decode, `datasets` needs torchcodec and ffmpeg's libraries.
    row = loaded["eval"].cast_column("audio", datasets.Audio(decode=False))[0]
    (sample,) = (item for item in samples(catalog).values() if item["split"] == "eval")
    assert row["label_names"] == ["Gunshot, gunfire"]
    source = io.BytesIO(row["audio"]["bytes"]) if embed else row["audio"]["path"]
    whole, rate = soundfile.read(source, dtype="float32")
    part = slice(None) if embed else slice(round(4.25 * rate), round(5.25 * rate))
    np.testing.assert_array_equal(whole[part], decoded(sample)[0][0])


def test_many_files_and_ranges_hold_the_same(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same order; files of an earlier export that had more of them are removed."""
    once = tmp_path / "once"
    whole = export(catalog, once, "hf")
    cuts = export(catalog, once, "lhotse")
    monkeypatch.setattr(hugging_face, "_FILE_BYTES", 1)
    monkeypatch.setattr(hugging_face, "_ROWS", 3)
    monkeypatch.setattr(sample_audio, "_RANGE", 3)
    out = tmp_path / "parts"
    parts = [path for path in export(catalog, out, "hf") if path.suffix == ".parquet"]
    assert len(parts) > len(whole)
    for split, path in zip(("train", "eval"), whole, strict=False):
        rows = [pq.read_table(part) for part in parts if part.name.startswith(split)]
        assert list(itertools.chain(*(table.to_pylist() for table in rows))) == (
            pq.read_table(path).to_pylist()
        )
    for one, other in zip(cuts, export(catalog, out, "lhotse"), strict=True):
        assert one.read_bytes() == other.read_bytes()
    monkeypatch.undo()
    export(catalog, out, "hf")
    assert len(list((out / "t" / "hf" / "data").iterdir())) == 2


def test_ast_lists_clips_with_all_their_labels(catalog: Path, tmp_path: Path) -> None:
    train, eval_list, indices = export(catalog, tmp_path, "ast")
    rows = json.loads(train.read_text())["data"]
    events = [line.split() for line in TRAIN.strip().splitlines()]
    labels = {
        ytid: sorted({label for clip, *_, label in events if clip.startswith(ytid)})
        for ytid in ("-unshot_000", "broken____0", "rain______0", "stereo____0")
    }
    labels |= {"weak______0": ["/m/rain", "/m/speech"], "weak_gun__0": ["/m/gun"]}
    assert {row["video_id"]: row["labels"].split(",") for row in rows} == labels
    assert all(Path(row["wav"]).stem == f"Y{row['video_id']}" for row in rows)
    assert [row["video_id"] for row in json.loads(eval_list.read_text())["data"]] == ["eval______0"]
    with indices.open(newline="") as lines:
        index = {row["mid"]: row["index"] for row in csv.DictReader(lines)}
    assert index == {"/m/speech": "0", "/m/gun": "1", "/m/rain": "5", "/m/volley": "6"}


def test_label_tracks_are_the_positive_events(bare: Path, tmp_path: Path) -> None:
    folders = export(bare, tmp_path, "audacity")
    assert sorted(path.name for path in folders) == ["strong_eval", "strong_train"]
    (track,) = (tmp_path / "t" / "audacity" / "strong_train").iterdir()
    assert track.name == "-unshot_000_30000.txt"
    names = {"/m/gun": "Gunshot, gunfire", "/m/volley": "Volley"}
    lines = [line.split() for line in TRAIN.strip().splitlines()]
    assert sorted(track.read_text().splitlines()) == sorted(
        f"{start}\t{end}\t{names[label]}" for _, start, end, label in lines if label in names
    )


def test_dcase_joins_events_of_the_target(bare: Path, tmp_path: Path) -> None:
    """Millisecond by millisecond, within the clip; clips without the target have a length too."""
    export(bare, tmp_path, "dcase")
    folder = tmp_path / "t" / "dcase"
    active = np.zeros(10_000, bool)
    for line in TRAIN.strip().splitlines():
        _, start, end, label = line.split()
        if label in ("/m/gun", "/m/volley"):
            active[round(float(start) * 1000) : round(float(end) * 1000)] = True
    edges = np.flatnonzero(np.diff(active, prepend=False, append=False)).reshape(-1, 2) / 1000
    assert (folder / "strong_train.tsv").read_text().splitlines() == [
        "filename\tonset\toffset\tevent_label",
        *(f"-unshot_000_30000.wav\t{start:.3f}\t{end:.3f}\tt" for start, end in edges),
    ]
    assert (folder / "strong_train_durations.tsv").read_text().splitlines() == [
        "filename\tduration",
        *(
            f"{clip}.wav\t10.000"
            for clip in sorted({line.split()[0] for line in TRAIN.split("\n") if line})
        ),
    ]


def test_dcase_leaves_out_what_cannot_be_evaluated(
    catalog: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    export(catalog, tmp_path, "dcase")
    (message,) = (record.getMessage() for record in caplog.records)
    assert message.startswith("1 clips of strong_eval have no audio")
    assert (tmp_path / "t" / "dcase" / "strong_eval.tsv").read_text().splitlines()[1:] == [
        "Yeval______0.wav\t4.250\t5.250\tt"
    ]


@pytest.mark.filterwarnings("ignore")
def test_sed_eval_reads_dcase(catalog: Path, tmp_path: Path) -> None:
    sed_eval = pytest.importorskip("sed_eval", exc_type=ImportError)
    export(catalog, tmp_path, "dcase")
    events = sed_eval.io.load_event_list(str(tmp_path / "t" / "dcase" / "strong_train.tsv"))
    assert [(event["onset"], event["offset"]) for event in events] == [(1.0, 3.7), (8.0, 10.0)]
    assert events.unique_event_labels == ["t"]


@pytest.mark.parametrize("form", ["lhotse", "hf", "ast"])
def test_formats_with_audio_need_an_inventory(bare: Path, tmp_path: Path, form: str) -> None:
    with pytest.raises(AudiosetDuckError, match=f"{form} .* extract or audioset-duck scan"):
        export(bare, tmp_path, form)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_files_that_end_earlier_than_the_inventory_says(
    metadata: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A cut ends with its file; what begins after the end is counted."""
    path = write_audio(tmp_path / "audio" / "Y-unshot_000.wav", 10, rate=44_100)
    catalog = build_target(tmp_path / "c.duckdb", metadata, find_files(path.parent))
    write_audio(path, 8.6, rate=44_100)
    caplog.clear()
    (cuts,) = export(catalog, tmp_path / "out", "lhotse")
    with gzip.open(cuts, "rt") as lines:
        *_, last = map(json.loads, lines)
    assert (last["start"], last["duration"]) == (8.0, 0.6)
    assert last["recording"]["num_samples"] == round(8.6 * 44_100)
    (message,) = (record.getMessage() for record in caplog.records)
    # From 9.0 and from 9.001 s.
    assert message.startswith("2 samples are left out") and "audioset-duck scan" in message


@pytest.mark.parametrize(("form", "options"), [("lhotse", {}), ("hf", {"embed": True})])
def test_an_inventory_whose_files_are_gone(
    metadata: Path, tmp_path: Path, form: str, options: dict[str, bool]
) -> None:
    path = write_audio(tmp_path / "audio" / "Y-unshot_000.wav", 10)
    catalog = build_target(tmp_path / "c.duckdb", metadata, find_files(path.parent))
    path.unlink()
    with pytest.raises(AudiosetDuckError, match=r"Y-unshot_000\.wav.*audioset-duck scan"):
        export(catalog, tmp_path / "out", form, **options)
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_audio_only_in_archives(metadata: Path, tmp_path: Path) -> None:
    path = write_audio(tmp_path / "audio" / "Y-unshot_000.wav", 10)
    found = in_archives(find_files(path.parent), "-unshot_000")
    catalog = build_target(tmp_path / "c.duckdb", metadata, found)
    with pytest.raises(AudiosetDuckError, match="audioset-duck extract"):
        export(catalog, tmp_path / "out", "ast")


def test_what_libsndfile_does_not_read_is_a_cut_as_the_inventory_knows_it(
    metadata: Path, tmp_path: Path
) -> None:
    path = tmp_path / "Y-unshot_000.m4a"
    path.write_bytes(b"what another library reads")
    known = {"name": "-unshot_000", "audio_path": str(path), "status": "ok"}
    measured = {"duration_seconds": 9.75, "sample_rate_hz": 44_100, "channels": 2}
    found = pa.Table.from_pylist([known | measured], FOUND_FILES)
    catalog = build_target(tmp_path / "c.duckdb", metadata, found)
    (path,) = export(catalog, tmp_path / "out", "lhotse")
    with gzip.open(path, "rt") as lines:
        *_, last = map(json.loads, lines)
    assert last["recording"]["num_samples"] == 9.75 * 44_100
    assert (last["start"], last["duration"], last["channel"]) == (9.001, 0.749, [0, 1])


@pytest.mark.parametrize("form", ["lhotse", "hf", "ast", "audacity", "dcase"])
def test_a_format_on_the_command_line(run, catalog: Path, tmp_path: Path, form: str) -> None:
    result = run("export", "--target", "t", "--out", "it's", "--format", form, "--catalog", catalog)
    assert result.exit_code == 0, result.stderr
    printed = result.stdout.splitlines()
    assert printed and all((tmp_path / line).exists() for line in printed)
    assert {path.name for path in (tmp_path / "it's" / "t").iterdir()} == {form}


def test_formats_that_do_not_exist(run, catalog: Path) -> None:
    target = ("export", "--target", "t", "--out", "out", "--catalog", catalog)
    unknown = run(*target, "--format", "kaldi")
    assert unknown.exit_code == 1
    assert "'kaldi'; expected one of older, lhotse, hf, ast, audacity, dcase" in unknown.stderr
    for words in (("--embed",), ("--embed", "--format", "lhotse")):
        embedded = run(*target, *words)
        assert embedded.exit_code == 1 and "--format hf" in embedded.stderr
    assert not Path("out").exists()
