"""Archives in volumes, as `zip -s` writes them, through the 7z that is installed."""

import shutil
import subprocess
from pathlib import Path

import duckdb
import numpy as np
import pytest
from support.extraction import GOOD, SILENT, foretell, run_extract, wav
from support.metadata import write_metadata

from audioset_duck.audio.archives import list_members, read_members
from audioset_duck.audio.members import Member
from audioset_duck.audio.names import Skipped
from audioset_duck.audio.split_archives import count_volumes, list_packed
from audioset_duck.catalog.build import build
from audioset_duck.errors import AudiosetDuckError

needs_7z = pytest.mark.skipif(
    not (shutil.which("zip") and any(map(shutil.which, ("7z", "7zz", "7za")))),
    reason="zip or 7z is not installed",
)
NOISE = np.random.default_rng(0)
CLIPS = {
    f"{'-' if number % 3 == 0 else 'a'}clip{number:05d}_": wav(
        NOISE.integers(-9000, 9000, 32_000).astype(np.int16)
    )
    for number in range(8)
}


def split(folder: Path, name: str, *options: str, **files: bytes) -> Path:
    """Write an archive in volumes of 64 kB, of clips by their ids; `deep` is where they lie."""
    source = folder / "source"
    deep = source / "eval_segments"
    deep.mkdir(parents=True)
    for ytid, data in {**CLIPS, **files}.items():
        (deep / f"Y{ytid}.wav").write_bytes(data)
    # One whose whole name begins with a hyphen.
    (deep / "Y-clip00000_.wav").rename(source / "-clip00000_.wav")
    archive = folder / name
    command = ["zip", "-q", "-r", "-s", "64k", *options, str(archive.resolve()), "."]
    subprocess.run(command, cwd=source, check=True, stdin=subprocess.DEVNULL)
    if archive.suffix.isupper():
        for volume in folder.glob(f"{archive.stem}.z*"):
            volume.rename(volume.with_suffix(volume.suffix.upper()))
    shutil.rmtree(source)
    return archive


@pytest.fixture
def place(tmp_path: Path) -> Path:
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/09x0r Speech",
        weak_eval="\n".join(
            f"{ytid} 0.000 10.000 /m/09x0r" for ytid in [*CLIPS, "empty______", "silent_____"]
        ),
    )
    build(tmp_path / "catalog.duckdb", [], metadata)
    (tmp_path / "zips").mkdir()
    return tmp_path


def damage(archive: Path, ytid: str) -> None:
    """Change a byte in the midst of a member that is stored, not packed."""
    where = CLIPS[ytid][30_000:30_040]
    changed = where[:20] + bytes([where[20] ^ 1]) + where[21:]
    for volume in sorted(archive.parent.glob(f"{archive.stem}.*")):
        data = volume.read_bytes()
        if where in data:
            volume.write_bytes(data.replace(where, changed))
            return
    raise AssertionError(f"{ytid} is in no volume")


@needs_7z
def test_clips_of_volumes(place: Path) -> None:
    archive = split(place / "zips", "eval.zip", empty______=b"", silent_____=SILENT)
    assert count_volumes(archive) > 5
    told = foretell(place)
    assert (told.clips, told.missing, told.archives) == (len(CLIPS) + 2, 0, 1)
    assert told.bytes == sum(map(len, CLIPS.values())) + len(SILENT)
    found = run_extract(place)
    expected = dict.fromkeys(CLIPS, "ok") | {"empty______": "empty", "silent_____": "silent"}
    assert {ytid: status for ytid, (status, _) in found.items()} == expected
    for ytid, data in CLIPS.items():
        assert (place / "audio" / "eval_segments" / f"Y{ytid}.wav").read_bytes() == data
    # Nothing but what is to be there: 7z unpacks into a pipe.
    assert {path.name for path in (place / "audio").iterdir()} == {
        "audioset-duck-journal.jsonl",
        "eval_segments",
        "invalid_audio",
        "missing_files",
    }


def clip_of(member: Member) -> str:
    return Path(member.member).stem[-11:]


@needs_7z
@pytest.mark.parametrize("options", [("-0",), ("-9",)])
def test_some_members_in_the_order_of_the_archive(tmp_path: Path, options: tuple[str]) -> None:
    archive = split(tmp_path, "x.ZIP" if options == ("-0",) else "x.zip", *options)
    listed = list_members(archive, Skipped())
    assert {clip_of(member) for member in listed} == set(CLIPS)
    for chosen in (listed, listed[1::3], listed[-1:]):
        read = list(
            read_members(archive, [(member.header_offset, member.bytes) for member in chosen])
        )
        assert read == [CLIPS[clip_of(member)] for member in chosen]


@needs_7z
def test_damaged_members_and_no_others(place: Path) -> None:
    archive = split(place / "zips", "eval.zip", "-0")
    # Two that follow each other, the first and the last.
    order = [clip_of(member) for member in list_members(archive, Skipped())]
    damaged = {order[0], order[3], order[4], order[-1]}
    for ytid in damaged:
        damage(archive, ytid)
    found = run_extract(place)
    for ytid, data in CLIPS.items():
        assert found[ytid][0] == ("corrupted" if ytid in damaged else "ok")
        if ytid not in damaged:
            assert (place / "audio" / found[ytid][1]).read_bytes() == data
    with duckdb.connect(str(place / "catalog.duckdb"), read_only=True) as connection:
        reasons = connection.execute(
            "select distinct reason from audio_files where status = 'corrupted'"
        ).fetchall()
    assert reasons == [("7z finds no intact copy of it in the archive",)]


@needs_7z
def test_packed_data_that_breaks_off(place: Path) -> None:
    """Of a deflated member that is damaged, fewer bytes come than it has."""
    archive = split(place / "zips", "eval.zip", "-9")
    volume = archive.with_suffix(".z03")
    data = bytearray(volume.read_bytes())
    data[20_000:20_400] = bytes(range(100)) * 4
    volume.write_bytes(data)
    list_packed.cache_clear()
    found = run_extract(place)
    statuses = [found[ytid][0] for ytid in CLIPS]
    assert statuses.count("corrupted") in (1, 2)
    assert statuses.count("ok") == len(CLIPS) - statuses.count("corrupted")


@needs_7z
def test_members_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = split(tmp_path, "x.zip", "-P", "secret", big________=GOOD * 3)
    for member in read_members(
        archive, [(row.header_offset, row.bytes) for row in list_members(archive, Skipped())]
    ):
        assert (member.status, str(member)) == ("unsupported", "it is encrypted")
    monkeypatch.setattr("audioset_duck.audio.members.MAX_MEMBER_BYTES", 100_000)
    archive = split(tmp_path, "y.zip", big________=GOOD * 3)
    listed = list_members(archive, Skipped())
    read = read_members(archive, [(row.header_offset, row.bytes) for row in listed])
    for row, member in zip(listed, read, strict=True):
        if clip_of(row) == "big________":
            assert member.status == "wrong_format"
            assert str(member) == "it would unpack to 192,132 bytes, more than any clip has"
        else:
            assert member == CLIPS[clip_of(row)]


@needs_7z
def test_a_volume_that_is_not_there(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    archive = split(place / "zips", "eval.zip")
    archive.with_suffix(".z02").unlink()
    with pytest.raises(AudiosetDuckError, match=r"no archive in .*zips can be read, of 1 found"):
        run_extract(place)
    assert "eval.zip lacks its part eval.z02; download it into the same folder" in caplog.text


@needs_7z
def test_volumes_of_another_archive(tmp_path: Path) -> None:
    archive = split(tmp_path, "x.zip")
    data = archive.read_bytes()
    start = data.rindex(b"PK\x01\x02")
    archive.write_bytes(data[:start] + b"garbage!" + data[start + 8 :])
    list_packed.cache_clear()
    with pytest.raises(
        AudiosetDuckError, match=r"x.zip and its other parts are not a complete zip archive"
    ):
        list_members(archive, Skipped())


@needs_7z
def test_7z_that_is_killed_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = split(tmp_path, "x.zip")
    offsets = [(row.header_offset, row.bytes) for row in list_members(archive, Skipped())]
    program = tmp_path / "bin" / "7z"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    with pytest.raises(OSError, match=r"7z ended with code -9 on .*x.zip"):
        list(read_members(archive, offsets))


@needs_7z
def test_7z_by_its_other_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = split(tmp_path, "x.zip")
    real = next(filter(None, map(shutil.which, ("7z", "7zz", "7za"))))
    for name in ("7zz", "7za"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text(f'#!/bin/sh\nexec {real} "$@"\n')
        (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        list_packed.cache_clear()
        assert len(list_members(archive, Skipped())) == len(CLIPS)


@pytest.mark.skipif(not shutil.which("zip"), reason="zip is not installed")
def test_without_7z(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = split(tmp_path, "x.zip")
    list_packed.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        AudiosetDuckError,
        match=r"x\.zip is the last of 8 parts of a split archive, which needs 7z; install it"
        r" .*, or join the parts with zip -s 0 x\.zip --out joined\.zip",
    ):
        list_members(archive, Skipped())


@pytest.mark.skipif(not shutil.which("zip"), reason="zip is not installed")
def test_the_command_of_the_message_joins_the_parts(place: Path) -> None:
    archive = split(place / "zips", "x.zip")
    command = ["zip", "-q", "-s", "0", "x.zip", "--out", "joined.zip"]
    subprocess.run(command, cwd=archive.parent, check=True)
    for volume in archive.parent.glob("x.*"):
        volume.unlink()
    assert count_volumes(archive.parent / "joined.zip") == 1
    found = run_extract(place)
    assert {found[ytid][0] for ytid in CLIPS} == {"ok"}
