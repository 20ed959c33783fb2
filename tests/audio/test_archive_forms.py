"""Audio as people have it: archives of every usual form, and what is not the clip."""

import io
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from support.metadata import write_metadata

from audioset_duck.audio import pyav, tar_archives, zip_archives
from audioset_duck.audio.extract import extract
from audioset_duck.audio.ffmpeg import find_ffmpeg
from audioset_duck.audio.members import MemberError
from audioset_duck.audio.names import Skipped
from audioset_duck.audio.parquet_archives import read_members as read_rows
from audioset_duck.audio.scan import find_members
from audioset_duck.audio.worker import Options
from audioset_duck.catalog.build import build

# Clips by id, with their starts in the video.
CLIPS = {"-a_a_a_a_a_": 30, "Ybbbbbbbbbb": 0, "id_cccccccc": 5}


def sound(ytid: str, seconds: float = 2.0, form: str = "FLAC", subtype: str = "PCM_16") -> bytes:
    noise = np.random.default_rng(list(ytid.encode())).uniform(-0.5, 0.5, round(seconds * 8000))
    written = io.BytesIO()
    soundfile.write(written, noise, 8000, format=form, subtype=subtype)
    return written.getvalue()


SOUNDS = {ytid: sound(ytid) for ytid in CLIPS}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    rows = [f"{ytid} {start}.000 {start + 10}.000 /m/a" for ytid, start in CLIPS.items()]
    metadata = write_metadata(tmp_path / "metadata", names="/m/a A", weak_eval="\n".join(rows))
    build(tmp_path / "catalog.duckdb", [], metadata)
    (tmp_path / "archives").mkdir()
    return tmp_path


def extracted(place: Path, **options: object) -> dict[str, tuple[str, str | None]]:
    """Status and file of each clip."""
    extract(
        place / "catalog.duckdb",
        place / "archives",
        place / "audio",
        ["weak_eval"],
        Options(**options),
        workers=1,
    )
    with duckdb.connect(str(place / "catalog.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select ytid, status, audio_path from audio_files order by status = 'ok'"
        ).fetchall()
    return {ytid: (status, path) for ytid, status, path in rows}


def write_zip(folder: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def write_parquet(path: Path, columns: dict[str, list], rows: int = 2) -> None:
    pq.write_table(pa.table(columns), path, row_group_size=rows)


def zip_of_flacs(folder: Path) -> None:
    write_zip(
        folder,
        {f"mnt\\AudioSet_SL_flac\\Y{ytid}.flac": data for ytid, data in SOUNDS.items()},
    )


def tar_by_id(folder: Path) -> None:
    members = {f"audio/eval/{ytid}.flac": data for ytid, data in SOUNDS.items()}
    write_tar(folder / "eval00.tar", members)


def gzipped_tar(folder: Path) -> None:
    write_tar(folder / "eval.tar.gz", {f"{ytid}.flac": data for ytid, data in SOUNDS.items()})


def webdataset(folder: Path) -> None:
    """The JSON stands behind the audio, and its key is as long as an id."""
    members = {}
    for number, (ytid, data) in enumerate(SOUNDS.items()):
        members[f"sample-{number:04d}.flac"] = data
        members[f"sample-{number:04d}.json"] = json.dumps({"id": f"Y{ytid}", "label": []}).encode()
    write_tar(folder / "shard-00000.tar", members)


def webdataset_by_key(folder: Path) -> None:
    members = {}
    for ytid, data in SOUNDS.items():
        members[f"Y{ytid}.json"] = b'{"id": "000017", "label": ["A"]}'
        members[f"Y{ytid}.flac"] = data
    write_tar(folder / "shard-00000.tar", members)


def hugging_face(folder: Path) -> None:
    columns = {
        "video_id": list(SOUNDS),
        "audio": [{"bytes": data, "path": f"{ytid}.flac"} for ytid, data in SOUNDS.items()],
        "labels": [["/m/a"]] * len(SOUNDS),
    }
    write_parquet(folder / "00.parquet", columns)


def parquet_by_path(folder: Path) -> None:
    audio = [{"bytes": data, "path": f"audio/Y{ytid}.flac"} for ytid, data in SOUNDS.items()]
    write_parquet(folder / "x.parquet", {"audio": audio}, rows=100)


def parquet_of_bytes(folder: Path) -> None:
    """Without paths, the format is told by the first bytes."""
    columns = {"filename": [f"{ytid}_{CLIPS[ytid]}" for ytid in SOUNDS], "data": [*SOUNDS.values()]}
    write_parquet(folder / "x.parquet", columns)


FORMS = [
    zip_of_flacs,
    tar_by_id,
    gzipped_tar,
    webdataset,
    webdataset_by_key,
    hugging_face,
    parquet_by_path,
    parquet_of_bytes,
]


@pytest.mark.parametrize("write", FORMS)
def test_clips_come_out_of_every_form_as_they_are(
    place: Path, write: Callable[[Path], None]
) -> None:
    write(place / "archives")
    for ytid, (status, path) in extracted(place).items():
        assert (status, Path(path).suffix) == ("ok", ".flac")
        assert Path(path).read_bytes() == SOUNDS[ytid]


def test_a_second_run_does_only_what_is_left(place: Path) -> None:
    tar_by_id(place / "archives")
    first = extracted(place)
    lost = Path(first["Ybbbbbbbbbb"][1])
    kept = Path(first["-a_a_a_a_a_"][1])
    lost.unlink()
    before = kept.stat().st_mtime_ns
    assert extracted(place) == first
    assert (lost.read_bytes(), kept.stat().st_mtime_ns) == (SOUNDS["Ybbbbbbbbbb"], before)


@pytest.mark.parametrize("to", ["wav", "flac"])
@pytest.mark.parametrize(
    ("form", "subtype", "ending"),
    [("FLAC", "PCM_24", "flac"), ("MP3", "MPEG_LAYER_III", "mp3"), ("OGG", "VORBIS", "ogg")],
)
def test_converted_to_another_format(
    place: Path, form: str, subtype: str, ending: str, to: str
) -> None:
    """The samples are those of the file that was compressed, rounded if they have more bits."""
    sounds = {ytid: sound(ytid, form=form, subtype=subtype) for ytid in CLIPS}
    write_zip(place / "archives", {f"{ytid}.{ending}": data for ytid, data in sounds.items()})
    for ytid, (status, path) in extracted(place, to=to).items():
        assert (status, Path(path).suffix) == ("ok", f".{to}")
        expected, _ = soundfile.read(io.BytesIO(sounds[ytid]))
        found, _ = soundfile.read(path)
        assert np.abs(found - expected).max() <= (0 if form == "FLAC" else 1.01 * 2**-15)


@pytest.mark.parametrize(
    ("has_pyav", "to", "expected"),
    [
        (True, None, ("ok", ".m4a")),
        (False, None, ("unsupported", None)),
        (False, "flac", ("ok", ".flac")),
    ],
)
def test_audio_of_videos(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_pyav: bool,
    to: str | None,
    expected: tuple[str, str | None],
) -> None:
    """It is kept if it can be read in place, and converted if that is asked for."""
    wav, m4a = place / "x.wav", place / "x.m4a"
    wav.write_bytes(sound("x" * 11, form="WAV"))
    subprocess.run([find_ffmpeg(), "-loglevel", "error", "-i", wav, m4a], check=True)
    write_tar(place / "archives" / "a.tar", {f"{ytid}.m4a": m4a.read_bytes() for ytid in CLIPS})
    monkeypatch.setattr(pyav, "has_pyav", lambda: has_pyav)
    extract(
        place / "catalog.duckdb",
        place / "archives",
        place / "audio",
        ["weak_eval"],
        Options(to=to),
        executor=ThreadPoolExecutor(1),
    )
    with duckdb.connect(str(place / "catalog.duckdb"), read_only=True) as connection:
        rows = connection.execute("select status, audio_path from audio_files").fetchall()
    assert {(status, path and Path(path).suffix) for status, path in rows} == {expected}


def test_names_with_the_start_of_another_part(place: Path) -> None:
    names = ["-a_a_a_a_a__40.000_50.000", "Ybbbbbbbbbb_0", "id_cccccccc_5000_15000"]
    members = {f"{name}.flac": data for name, data in zip(names, SOUNDS.values(), strict=True)}
    write_zip(place / "archives", members)
    statuses = {ytid: status for ytid, (status, _) in extracted(place).items()}
    assert statuses == {"-a_a_a_a_a_": "wrong_part", "Ybbbbbbbbbb": "ok", "id_cccccccc": "ok"}
    # The part itself, found later, is the clip.
    write_tar(place / "archives" / "b.tar", {"-a_a_a_a_a__30.flac": SOUNDS["-a_a_a_a_a_"]})
    assert {status for status, _ in extracted(place).values()} == {"ok"}


def test_a_whole_video_is_not_the_clip(place: Path) -> None:
    members = {f"{ytid}.flac": data for ytid, data in SOUNDS.items()}
    members["Ybbbbbbbbbb.flac"] = sound("Ybbbbbbbbbb", 11.5)
    write_tar(place / "archives" / "a.tar", members)
    found = extracted(place)
    assert found["Ybbbbbbbbbb"] == ("wrong_length", None)
    assert (place / "audio/invalid_audio/weak_eval/YYbbbbbbbbbb.flac").exists()


def test_a_corrupted_copy_does_not_hide_an_intact_one(place: Path) -> None:
    data = SOUNDS["Ybbbbbbbbbb"]
    for name, members in {
        "a.tar": {"Ybbbbbbbbbb.flac": b"rubbish" * 1000},
        "b.tar": {"Ybbbbbbbbbb.flac": data[: len(data) // 2]},
        "c.tar": {f"{ytid}.flac": content for ytid, content in SOUNDS.items()},
    }.items():
        write_tar(place / "archives" / name, members)
    found = extracted(place)
    assert {status for status, _ in found.values()} == {"ok"}
    assert Path(found["Ybbbbbbbbbb"][1]).read_bytes() == data
    before = Path(found["Ybbbbbbbbbb"][1]).stat().st_mtime_ns
    assert extracted(place) == found
    assert Path(found["Ybbbbbbbbbb"][1]).stat().st_mtime_ns == before


@pytest.mark.slow
def test_the_next_run_goes_on_where_one_was_interrupted_between_two_archives(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tar(place / "archives" / "a.tar", {"Ybbbbbbbbbb.flac": b"rubbish" * 1000})
    write_tar(place / "archives" / "b.tar", {f"{key}.flac": data for key, data in SOUNDS.items()})
    with monkeypatch.context() as interrupted:
        interrupted.setattr("audioset_duck.audio.extract._next_work", lambda *_: [])
        assert extracted(place)["Ybbbbbbbbbb"][0] == "corrupted"
    found = extracted(place)
    assert {status for status, _ in found.values()} == {"ok"}
    # An archive that comes later, before the others by its name, has nothing that is wanted.
    write_tar(place / "archives" / "0.tar", {f"{key}.flac": data for key, data in SOUNDS.items()})
    assert extracted(place) == found
    assert not (place / "audio" / "0").exists()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.parquet", b"PAR1 and nothing", "is not a whole parquet file"),
        ("a.tar", b"no tar" * 1000, "is not a tar archive, or is cut short"),
        ("a.tar.gz", b"no gzip", "is not a tar archive, or is cut short"),
        ("a.zip", b"no zip", "is not a complete zip archive"),
    ],
    ids=["parquet", "tar", "gzipped tar", "zip"],
)
def test_what_is_no_archive_is_named_and_the_rest_is_done(
    place: Path, name: str, data: bytes, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    (place / "archives" / name).write_bytes(data)
    tar_by_id(place / "archives")
    assert {status for status, _ in extracted(place).values()} == {"ok"}
    assert message in caplog.text and name in caplog.text


@pytest.mark.parametrize("ending", ["tar", "zip"])
def test_what_a_mac_puts_beside_files_hides_none(tmp_path: Path, ending: str) -> None:
    """AppleDouble files, which have the endings of audio, stand before or behind it."""
    beside = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(60)
    members: dict[str, bytes] = {}
    for number, (ytid, data) in enumerate(SOUNDS.items()):
        pair = [(f"eval/Y{ytid}.flac", data), (f"__MACOSX/eval/._Y{ytid}.flac", beside)]
        members |= dict(pair[:: (-1) ** number])
    if ending == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    else:
        write_tar(tmp_path / "a.tar", members)
    found = find_members(tmp_path).to_pylist()
    assert sorted(row["member"] for row in found) == sorted(f"eval/Y{ytid}.flac" for ytid in CLIPS)
    assert [row["status"] for row in found] == ["ok"] * len(CLIPS)


@pytest.mark.parametrize(
    ("audio", "beside"),
    [
        ("part1.{n}.flac", "part1.{n}.json"),
        ("{n}.flac", "{n}.json"),
        ("{n}.audio.flac", "{n}.meta.json"),
        ("a.b/{n}.sound.flac", "a.b/{n}.json"),
        ("2.0 take {n}.5.flac", "2.0 take {n}.5.json"),
    ],
)
def test_each_sample_of_webdataset_has_its_own_id(tmp_path: Path, audio: str, beside: str) -> None:
    """Also where names have further dots, and wherever in the archive the JSON stands."""
    sounds = {audio.format(n=n): data for n, data in enumerate(SOUNDS.values())}
    texts = {
        beside.format(n=n): json.dumps({"video_id": ytid}).encode() for n, ytid in enumerate(SOUNDS)
    }
    write_tar(tmp_path / "a.tar", dict(reversed(texts.items())) | sounds)
    found = [member.name for member in tar_archives.list_members(tmp_path / "a.tar", Skipped())]
    assert found == list(SOUNDS)


def test_an_id_that_may_be_of_another_sample_is_of_none(tmp_path: Path) -> None:
    texts = {f"x.{n}.meta.json": b'{"id": "aaaaaaaaaaa"}' for n in range(2)}
    write_tar(tmp_path / "a.tar", {f"x.{n}.flac": b"" for n in range(2)} | texts)
    found = tar_archives.list_members(tmp_path / "a.tar", Skipped())
    assert [member.name for member in found] == [None, None]


def test_an_archive_that_is_replaced_is_opened_again(tmp_path: Path) -> None:
    """In the same process, as that of a notebook."""
    path = tmp_path / "a.zip"
    for folder in ("a", "a_longer_folder"):
        path.unlink(missing_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for ytid in ("Ybbbbbbbbbb", folder[0] * 11):
                archive.writestr(f"{folder}/{ytid}.flac", SOUNDS["Ybbbbbbbbbb"])
        rows = find_members(tmp_path).to_pylist()
        assert len(rows) == 2
        for row in rows:
            with path.open("rb") as stream:
                stream.seek(row["byte_offset"])
                assert stream.read(row["byte_count"]) == SOUNDS["Ybbbbbbbbbb"]


def test_a_parquet_file_without_audio_or_names(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tar_by_id(place / "archives")
    write_parquet(place / "archives" / "labels.parquet", {"video_id": ["x"], "label": ["A"]})
    write_parquet(place / "archives" / "nameless.parquet", {"data": [b"x"], "number": [1]})
    extracted(place)
    assert "labels.parquet has no column of audio; expected a struct of bytes" in caplog.text
    assert "nameless.parquet has no column that names the clip of its 'data'" in caplog.text


def test_rows_without_bytes(tmp_path: Path) -> None:
    audio = [{"bytes": None, "path": "a.flac"}, {"bytes": b"x", "path": "b.flac"}]
    write_parquet(tmp_path / "x.parquet", {"audio": audio}, rows=1)
    empty, data = read_rows(tmp_path / "x.parquet", [(0, 0), (1, 0)])
    assert isinstance(empty, MemberError) and empty.status == "empty"
    assert data == b"x"


@pytest.mark.parametrize("cut", [700, 20_000])
def test_a_tar_that_is_cut_short(place: Path, cut: int, caplog: pytest.LogCaptureFixture) -> None:
    """What is whole is taken."""
    tar_by_id(place / "archives")
    archive = place / "archives" / "eval00.tar"
    members = [len(data) for data in SOUNDS.values()]
    keep = 512 + -(-members[0] // 512) * 512 + 512 + cut
    archive.write_bytes(archive.read_bytes()[:keep])
    found = extracted(place)
    assert found["-a_a_a_a_a_"][0] == "ok"
    assert found["Ybbbbbbbbbb"][0] in ("corrupted", "missing")
    assert found["id_cccccccc"][0] == "missing"


def test_archives_of_which_nothing_is_taken_are_named(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tar_by_id(place / "archives")
    write_zip(place / "archives", {"drums/loop 1.flac": b"", "drums/readme.txt": b""})
    extracted(place)
    assert "a.zip: none of its 1 audio files has a YouTube id in its name" in caplog.text
    assert "loop 1.flac" in caplog.text and "readme.txt" in caplog.text


def test_links_in_a_tar_lead_nowhere(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    tar_by_id(place / "archives")
    with tarfile.open(place / "archives" / "links.tar", "w") as archive:
        for kind, ytid in ((tarfile.SYMTYPE, "-a_a_a_a_a_"), (tarfile.LNKTYPE, "Ybbbbbbbbbb")):
            info = tarfile.TarInfo(f"{ytid}.flac")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert {status for status, _ in extracted(place).values()} == {"ok"}
    assert "2 that are links" in caplog.text


def test_an_archive_that_changes_between_listing_and_reading(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar_by_id(place / "archives")
    from audioset_duck.audio import extraction_plan

    real = extraction_plan.fingerprint
    monkeypatch.setattr(extraction_plan, "fingerprint", lambda path: real(path) + "0")
    assert {status for status, _ in extracted(place).values()} == {"corrupted"}


def test_zlib_and_isal_unpack_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zlib

    data = sound("x" * 11, 3.0, "WAV")
    write_zip(tmp_path, {"Yxxxxxxxxxxx.wav": data})
    for module in (zip_archives.fast_zlib, zlib):
        monkeypatch.setattr(zip_archives, "fast_zlib", module)
        zip_archives._opened.cache_clear()
        (member,) = zip_archives.list_members(tmp_path / "a.zip", Skipped())
        place = [(member.header_offset, member.bytes)]
        assert list(zip_archives.read_members(tmp_path / "a.zip", place)) == [data]
