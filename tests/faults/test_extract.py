"""What goes wrong while archives are extracted: kills, full and read-only disks, long journals.

AUDIOSET_DUCK_KILLS=200 kills so many times.
"""

import hashlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NoReturn

import duckdb
import pytest
from support.commands import COMMAND
from support.disks import remount, small_disk
from support.effort import KILLS

import audioset_duck.audio.extract as extracting
from audioset_duck.audio.journal import JOURNAL, Journal
from audioset_duck.catalog.swap import replace_catalog

EXTRACT = [*COMMAND, "extract", "--quiet", "--archives", "zips", "--subset", "weak_eval"]


@pytest.fixture(scope="module")
def expected(made_many: Path) -> dict[str, str]:
    """SHA-256 of each file, by its path below the audio root."""
    found = {}
    for path in (made_many / "zips").glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                digest = hashlib.sha256(archive.read(name)).hexdigest()
                found[f"eval_segments/{name}"] = digest
    assert len(found) == 600
    return found


def inventory(many: Path) -> list[tuple[str, str, str]]:
    with duckdb.connect(str(many / "catalog.duckdb"), read_only=True) as connection:
        return connection.execute("select ytid, status, audio_path from audio_files").fetchall()


def told(root: Path) -> dict[str, int]:
    """Of the files that the journal tells of, when each was written."""
    times = {}
    for line in (root / JOURNAL).read_bytes().splitlines() if (root / JOURNAL).exists() else []:
        try:
            path = json.loads(line)["audio_path"]
        except ValueError:
            continue
        times[path] = (root / path).stat().st_mtime_ns
    return times


def workers(parent: int) -> list[int]:
    """The processes that a process has started to work, in the order of their start."""
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    pids = listed.read_text().split() if listed.exists() else []
    return [int(pid) for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def check_whole(root: Path, expected: dict[str, str]) -> None:
    """What has its final name is whole; all else is known to be none of the audio."""
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        if path.is_file() and path.suffix != ".part" and name in expected:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == expected[name], name
        else:
            assert (
                path.is_dir()
                or path.suffix == ".part"
                or name in (JOURNAL, "missing_files/weak_eval.txt")
            ), name


def check_done(many: Path, root: Path, expected: dict[str, str]) -> None:
    """Nothing is lost, nothing doubled, nothing left over."""
    rows = inventory(many)
    assert {str(Path(path).relative_to(root.resolve())) for *_, path in rows} == set(expected)
    assert Counter(status for _, status, _ in rows) == {"ok": 600}
    check_whole(root, expected)
    assert not list(root.rglob("*.part"))


@pytest.mark.slow
def test_killed_at_any_moment(many: Path, expected: dict[str, str]) -> None:
    """Parent, worker or all at once; what was done is not done again."""
    dice = random.Random(KILLS)
    root = many / "audio"
    command = [*EXTRACT, "--audio-root", "audio", "--workers", "2"]
    outcomes: Counter[str] = Counter()
    for turn in range(KILLS):
        before = told(root)
        process = subprocess.Popen(
            command, cwd=many, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        time.sleep(dice.uniform(0.3, 3.0))
        whom = ("parent", "worker", "all")[turn % 3]
        victims = workers(process.pid) if whom != "parent" else []
        for victim in victims[: 1 if whom == "worker" else None]:
            os.kill(victim, signal.SIGKILL)
        if whom != "worker":
            process.kill()
        _, stderr = process.communicate(timeout=60)
        if whom == "worker":
            assert process.returncode == 0 or "a worker was killed, perhaps" in stderr
            assert "Traceback" not in stderr, stderr
        check_whole(root, expected)
        after = told(root)
        assert {path: after.get(path) for path in before} == before
        outcomes[f"{whom} with {'all' if len(after) == 600 else 'some' if after else 'none'}"] += 1
        rows = inventory(many) if whom == "worker" and process.returncode else []
        assert len({ytid for ytid, *_ in rows}) == len(rows)
        if len(after) == 600:
            subprocess.run(command, cwd=many, check=True, stdout=subprocess.DEVNULL)
            check_done(many, root, expected)
            shutil.rmtree(root)
    done = subprocess.run(command, cwd=many, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    check_done(many, root, expected)
    print(sorted(outcomes.items()))


@pytest.fixture
def disk(many: Path) -> Iterator[Path]:
    """The audio root on a disk of 60 MB, on which the clips have no room."""
    with small_disk(many / "audio", "60m"):
        yield many / "audio"


def run(many: Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*EXTRACT, "--audio-root", "audio", *words],
        cwd=many,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_full_disk(many: Path, expected: dict[str, str], disk: Path) -> None:
    for _ in range(2):
        failed = run(many)
        assert failed.returncode == 1
        assert "Error: the disk of audio is full (" in failed.stderr
        assert (
            "free some of it and run the same command again, finished clips are kept"
            in failed.stderr
        )
        assert "Traceback" not in failed.stderr
        check_whole(disk, expected)
    rows = inventory(many)
    assert 100 <= len(rows) < 320
    assert {status for _, status, _ in rows} == {"ok"}
    before = told(disk)
    remount(disk, "size=200m")
    done = run(many)
    assert done.returncode == 0, done.stderr
    check_done(many, disk, expected)
    after = told(disk)
    assert {path: after[path] for path in before} == before


@pytest.mark.slow
def test_a_read_only_disk(many: Path, expected: dict[str, str], disk: Path) -> None:
    remount(disk, "ro")
    failed = run(many)
    assert failed.returncode == 1
    assert (
        "audio cannot be written to: Read-only file system; name another folder with --audio-root"
        in failed.stderr
    )
    remount(disk, "rw,size=200m")
    assert run(many).returncode == 0
    check_done(many, disk, expected)


@pytest.mark.slow
def test_a_folder_that_is_a_file(many: Path, expected: dict[str, str]) -> None:
    root = many / "audio"
    root.mkdir()
    (root / "eval_segments").write_text("mine")
    failed = run(many)
    assert failed.returncode == 1
    assert failed.stderr.strip().endswith("audio/eval_segments: File exists")
    (root / "eval_segments").unlink()
    assert run(many).returncode == 0
    check_done(many, root, expected)


@pytest.mark.slow
def test_what_killed_workers_left_is_cleared(many: Path, expected: dict[str, str]) -> None:
    root = many / "audio"
    (root / "eval_segments").mkdir(parents=True)
    ytid = next(iter(expected)).split("/")[1]
    left = root / "eval_segments" / f"{ytid}.01234567.part"
    of_others = root / "eval_segments" / "video.part"
    for path in (left, of_others):
        path.write_bytes(b"half")
    assert run(many).returncode == 0
    assert not left.exists()
    assert of_others.read_bytes() == b"half"


@pytest.mark.slow
def test_a_catalog_that_is_busy_loses_nothing(many: Path, expected: dict[str, str]) -> None:
    """The extraction ends when the catalog is free; what it has done is not lost."""
    command = [*EXTRACT, "--audio-root", "audio"]
    with replace_catalog(many / "catalog.duckdb"):
        process = subprocess.Popen(command, cwd=many, stderr=subprocess.PIPE, text=True)
        assert process.stderr
        assert "another build of" in process.stderr.readline()
        assert process.poll() is None
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    check_done(many, many / "audio", expected)


def test_a_long_journal_is_read_soon(tmp_path: Path) -> None:
    """Of 100,000 lines, some cut or of other options; files that are gone are not finished."""
    rows = [
        {
            "ytid": f"{number:011d}",
            "place": f"a/{number}",
            "audio_path": f"a/{number}.wav",
            "status": "ok",
            "archive_fingerprint": "1:2",
        }
        for number in range(100_000)
    ]
    rows[7] |= {"audio_path": None, "status": "corrupted"}
    with Journal(tmp_path, "one") as journal:
        journal.write(rows)
        journal._stream.write(b'{"place": "a/half')
        journal._stream.flush()
    with Journal(tmp_path, "two") as journal:
        journal.write(rows[1000:2000])
    with Journal(tmp_path, "one") as journal:
        journal.write([rows[1500]])
        files = [row["audio_path"] for row in rows if row["audio_path"] not in (None, "a/3.wav")]
        began = time.process_time()
        found = journal.finished(files).to_pylist()
        assert time.process_time() - began < 5
    places = {row["place"] for row in found}
    assert places == {
        f"a/{number}"
        for number in range(100_000)
        if number != 3 and (not 1000 <= number < 2000 or number == 1500)
    }
    assert len(found) == len(places)
    assert {column: value for column, value in rows[7].items() if column != "audio_path"} in found


@pytest.mark.slow
def test_a_worker_is_killed(many: Path, expected: dict[str, str]) -> None:
    """As when there is too little memory: it is told, and what was done is in the inventory."""
    root = many / "audio"
    command = [*EXTRACT, "--audio-root", "audio", "--workers", "2"]
    with subprocess.Popen(command, cwd=many, stderr=subprocess.PIPE, text=True) as process:
        while not (victims := workers(process.pid)) and process.poll() is None:
            time.sleep(0.001)
        os.kill(victims[0], signal.SIGKILL)
        assert process.stderr
        errors = process.stderr.read()
    assert process.returncode == 1
    assert errors.endswith(
        "Error: a worker was killed, perhaps for lack of memory; run the same command again,"
        " finished clips are kept, with fewer --workers\n"
    )
    assert {f"audio/{path}" for path in told(root)} == {
        str(Path(path).relative_to(many.resolve())) for *_, path in inventory(many)
    }
    subprocess.run(command, cwd=many, check=True, stdout=subprocess.DEVNULL)
    check_done(many, root, expected)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        # What the pool says if it notices while it starts the others.
        (BrokenProcessPool(), BrokenProcessPool),
        (OSError("handle is closed"), BrokenProcessPool),
        (OSError("7z ended with code -9 on x.zip"), OSError),
    ],
    ids=["broken", "closed", "another"],
)
def test_a_process_that_the_pool_forgot(failure: Exception, told: type[Exception]) -> None:
    """It would be waited for when this program ends."""
    before, forgotten = (
        multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,), daemon=True)
        for _ in range(2)
    )
    before.start()
    try:
        with pytest.raises(told) as raised, extracting._processes(1):
            forgotten.start()
            raise failure
        assert (raised.value is failure) == (told is OSError)
        forgotten.join(10 if told is BrokenProcessPool else 0)
        assert forgotten.is_alive() == (told is OSError)
        assert before.is_alive()
    finally:
        before.kill()
        forgotten.kill()


def test_a_process_that_is_killed_as_it_starts() -> None:
    """The pool writes to it what it is to do."""

    class Broken(Executor):
        def submit(self, *_: object, **__: object) -> NoReturn:
            raise BrokenPipeError

    with pytest.raises(BrokenProcessPool):
        extracting._submit(Broken(), [{}])
