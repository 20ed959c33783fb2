"""Inventories of what is there: folders as people have them, lists, and archives read in place."""

import gc
import json
import os
import shutil
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from support.audio import write_audio
from support.metadata import write_metadata

from audioset_duck import AudioSetDataset
from audioset_duck.audio.scan import find_files, find_listed, find_members, scan
from audioset_duck.audio.slices import read_audio
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError

CLIPS = {"-a_a_a_a_a_": 30, "Ybbbbbbbbbb": 0, "id_cccccccc": 5}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    rows = [f"{ytid} {start}.000 {start + 10}.000 /m/a" for ytid, start in CLIPS.items()]
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/a A\n/m/gun Gun",
        weak_eval="\n".join(rows),
        eval="\n".join(f"{ytid}_{1000 * at} 0.200 1.200 /m/gun" for ytid, at in CLIPS.items()),
    )
    build(tmp_path / "catalog.duckdb", [Target("t", ("Gun",))], metadata)
    return tmp_path


def inventory(place: Path, found: pa.Table) -> dict[str, tuple]:
    scan(place / "catalog.duckdb", found)
    with duckdb.connect(str(place / "catalog.duckdb"), read_only=True) as connection:
        rows = connection.execute("select ytid, status, audio_path from audio_files").fetchall()
    return {ytid: (status, path and Path(path).name) for ytid, status, path in rows}


def test_names_with_times_in_linked_folders(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = place / "root"
    elsewhere = place / "elsewhere"
    write_audio(elsewhere / "-a_a_a_a_a__30.000_40.000.flac", 3)
    write_audio(root / "Gun" / "YYbbbbbbbbbb_0.wav", 3)
    write_audio(root / "id_cccccccc_6000.wav", 3)
    write_audio(root / ".Trash-1000" / "files" / "id_cccccccc.wav", 3)
    (root / "loop.txt").write_text("x")
    (root / "linked").symlink_to(elsewhere)
    (root / "again").symlink_to(root)
    (root / "Ydddddddddd_.wav").symlink_to(root / "nowhere")
    (root / "itself.wav").symlink_to(root / "itself.wav")
    (root / "._YYbbbbbbbbbb.wav").write_bytes(b"hidden")
    write_audio(root / "song.wav", 3)
    assert inventory(place, find_files(root)) == {
        "-a_a_a_a_a_": ("ok", "-a_a_a_a_a__30.000_40.000.flac"),
        "Ybbbbbbbbbb": ("ok", "YYbbbbbbbbbb_0.wav"),
        "id_cccccccc": ("wrong_part", None),
    }
    for text in (
        "in folders of deleted or invalid audio, such as",
        "in folders that a link leads to again, such as",
        "1 with other endings, such as",
        "1 without a YouTube id in the name, such as",
        "2 that are links to nothing, such as",
    ):
        assert text in caplog.text


@pytest.mark.parametrize("is_decoded", [False, True])
def test_lengths_and_formats(place: Path, is_decoded: bool) -> None:
    root = place / "root"
    write_audio(root / "-a_a_a_a_a_.wav", 240)
    write_audio(root / "Ybbbbbbbbbb.flac", 11)
    shutil.copy(root / "Ybbbbbbbbbb.flac", root / "id_cccccccc.wav")
    found = inventory(place, find_files(root, validate=is_decoded))
    assert {ytid: status for ytid, (status, _) in found.items()} == {
        "-a_a_a_a_a_": "wrong_length",
        "Ybbbbbbbbbb": "ok",
        "id_cccccccc": "wrong_format",
    }


LISTS = {
    "csv": "path,labels\n{a},x\n{b},y\nmissing.wav,z\n",
    "tsv": "filename\tlabels\n{a}\tx\n{b}\ty\nmissing.wav\tz\n",
    "jsonl": '{{"file": "{a}"}}\n{{"file": "{b}"}}\n{{"file": "missing.wav"}}\n',
    "json": json.dumps(
        {
            "data": [
                {"video_id": "-a_a_a_a_a_", "wav": "@", "labels": "/m/a"},
                {"video_id": "Ybbbbbbbbbb", "wav": "#", "labels": "/m/a"},
                {"video_id": "id_cccccccc", "wav": "missing.wav", "labels": "/m/a"},
            ]
        }
    )
    .replace("{", "{{")
    .replace("}", "}}")
    .replace("@", "{a}")
    .replace("#", "{b}"),
}


@pytest.mark.parametrize("ending", [*LISTS, "parquet"])
def test_lists_of_files(place: Path, ending: str, caplog: pytest.LogCaptureFixture) -> None:
    """Relative paths, from the folder of the list; what does not exist is counted."""
    files = {"a": "sub/-a_a_a_a_a_.wav", "b": str(place / "elsewhere" / "YYbbbbbbbbbb.wav")}
    for path in files.values():
        write_audio(place / path, 2)
    list_file = place / f"list.{ending}"
    if ending == "parquet":
        pq.write_table(pa.table({"path": [*files.values(), "missing.wav"]}), list_file)
    else:
        list_file.write_text(LISTS[ending].format(**files))
    assert inventory(place, find_listed(list_file)) == {
        "-a_a_a_a_a_": ("ok", "-a_a_a_a_a_.wav"),
        "Ybbbbbbbbbb": ("ok", "YYbbbbbbbbbb.wav"),
    }
    assert "1 that do not exist, such as" in caplog.text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "a,b\n1,2\n", "has no column of paths; expected one of audio_path"),
        ("x.json", "{", "cannot be read as a list"),
        ("x.txt", "a.wav", "no list of audio files is .*x.txt; expected a file ending in .csv"),
        ("x.csv", "path\nnothing.wav\n", "contains no audio file of a clip; files skipped: 1 that"),
    ],
)
def test_lists_that_are_none(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(AudiosetDuckError, match=message):
        find_listed(tmp_path / name)


def test_audio_is_read_in_place_from_tars_and_stored_zips(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A Dataset's windows are those of the files themselves."""
    files, archives = place / "files", place / "archives"
    archives.mkdir()
    paths = {
        ytid: write_audio(files / f"{ytid}.{ending}", 3)
        for ytid, ending in zip(CLIPS, ("flac", "wav", "flac"), strict=True)
    }
    first, second, third = paths.values()
    with tarfile.open(archives / "a.tar", "w") as archive:
        archive.add(first, f"audio/eval/{first.name}")
    with zipfile.ZipFile(archives / "b.zip", "w") as archive:
        archive.write(second, f"deep/{second.name}", zipfile.ZIP_STORED)
        archive.write(third, f"deep/{third.name}", zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(archives / "c.zip", "w") as archive:
        archive.write(third, f"deep/{third.name}", zipfile.ZIP_STORED)
    for is_decoded in (False, True):
        found = inventory(place, find_members(archives, validate=is_decoded))
        assert {ytid: status for ytid, (status, _) in found.items()} == dict.fromkeys(CLIPS, "ok")
    assert "1 in compressed archives, to be extracted" in caplog.text
    dataset = AudioSetDataset(place / "catalog.duckdb", "t", "eval", sample_rate=8000)
    with duckdb.connect(str(place / "catalog.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select ytid, start_seconds, end_seconds, audio_path, byte_offset, byte_count"
            " from t.samples where role = 'positive' order by sample_id"
        ).fetchall()
    assert len(rows) == 3
    for index, (ytid, start, end, path, byte_offset, byte_count) in enumerate(rows):
        part = Path(path).read_bytes()[byte_offset : byte_offset + byte_count]
        assert part == paths[ytid].read_bytes()
        expected, _ = read_audio(paths[ytid], float(start), float(end))
        found, *_ = dataset[index]
        np.testing.assert_array_equal(found.numpy()[: len(expected)], expected)


def test_a_tar_cut_short_is_read_as_far_as_it_goes(place: Path) -> None:
    archives = place / "archives"
    archives.mkdir()
    with tarfile.open(archives / "a.tar", "w") as archive:
        for ytid in CLIPS:
            archive.add(write_audio(place / "files" / f"{ytid}.wav", 3), f"{ytid}.wav")
    data = (archives / "a.tar").read_bytes()
    (archives / "a.tar").write_bytes(data[:70_000])
    found = inventory(place, find_members(archives))
    assert found["-a_a_a_a_a_"][0] == "ok"
    assert "ok" not in {status for ytid, (status, _) in found.items() if ytid != "-a_a_a_a_a_"}


@pytest.mark.slow
def test_memory_of_a_scan(tmp_path: Path) -> None:
    """A row has a hundred bytes beside the path; the names of one folder are sorted meanwhile."""
    root = tmp_path / "root"
    root.mkdir()
    soundfile.write(tmp_path / "one.wav", np.zeros(8000, np.int16), 8000)
    peaks = {}
    # The first scan imports what the others use.
    for count in (1_000, 3_000, 6_000):
        for number in range(count):
            path = root / f"Y{number:011d}.wav"
            if not path.exists():
                os.link(tmp_path / "one.wav", path)
        gc.collect()
        tracemalloc.start()
        found = find_files(root)
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(found) == count
        assert found.nbytes / count < 110 + len(str(path))
        del found
    # It depends on the threads, up to 320. Rows that stay dicts would take 700.
    assert (peaks[6_000] - peaks[3_000]) / 3_000 < 500


def test_a_catalog_that_cannot_be_replaced_is_named_before_the_scan(
    run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan can take hours, which would be lost."""
    monkeypatch.setattr("audioset_duck.audio.scan.find_files", lambda *_, **__: pytest.fail())
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)
    refused = run("scan", "--audio-root", place)
    assert refused.exit_code == 1
    assert "cannot be written to: Permission denied; name a catalog in another" in refused.stderr
    with duckdb.connect("catalog.duckdb") as connection:
        connection.execute(
            "update meta.builds set configuration = json_merge_patch(configuration,"
            ' \'{"samples": {"newer": 1}}\')'
        )
    refused = run("scan", "--audio-root", place)
    assert refused.exit_code == 1
    assert "newer" in refused.stderr
    Path("catalog.duckdb").write_text("no catalog")
    refused = run("scan", "--audio-root", place)
    assert refused.exit_code == 1
    assert "catalog.duckdb cannot be opened as a DuckDB file" in refused.stderr


def test_one_thing_is_scanned(run, place: Path) -> None:
    for words in ([], ["--audio-root", "a", "--archives", "b"]):
        result = run("scan", *words)
        assert result.exit_code == 1
        assert "with one of --audio-root DIR, --list FILE and --archives DIR" in result.stderr


def test_the_cure_of_unsupported_audio_is_printed(
    run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audioset_duck.audio.scan.unsupported_reason", lambda _: "install PyAV")
    (place / "audio").mkdir(exist_ok=True)
    soundfile.write(place / "audio" / "YAAAAAAAAAAA.wav", np.ones(80_000) / 2, 8000)
    result = run("scan", "--audio-root", "audio")
    assert result.exit_code == 0, result.stderr
    assert "files that nothing here reads: 1 (install PyAV)" in result.stderr
