"""What can go wrong while a command runs: kills, signals, disks, other writers, damaged catalogs.

Whatever it is: each file is the old one or the new one, nothing else is left but what is known, and
the next run repairs. AUDIOSET_DUCK_KILLS=40 kills each command 40 times. Extraction is killed in
test_extract.py; every point of failure is tried in test_crash_points.py.
"""

import functools
import hashlib
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from support.commands import COMMAND
from support.disks import remount, small_disk
from support.effort import KILLS
from support.places import MORE_WRITERS, WRITERS, check_each, files, fill, left
from support.server import FILES, Server

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.scoring import score
from audioset_duck.sources.download import SHA256S

pytestmark = pytest.mark.slow
EXTRACT = "extract --archives zips --audio-root extracted --subset strong_train --workers 2"
READERS = {
    "check": "check",
    "info": "info",
    "labels": "labels name",
    "targets": "targets",
    "sql": "sql 'from t.samples'",
}
# Scores are written by the steps of a build.
STOPPED = {name: words for name, words in WRITERS.items() if name != "score"}
STOPS = [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated")]
# The server's files have checksums of their own.
SUMS = {name: hashlib.sha256(FILES[name]).hexdigest() for name in SHA256S}
DOWNLOAD = (
    f"from audioset_duck.sources import download; download.SHA256S = {SUMS};"
    "from audioset_duck.cli.commands import main; main()"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        running.is_slow = True
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def refill(sounds: Path) -> Callable[[Path], None]:
    """Make a folder what it was before any command."""
    return functools.partial(fill, sounds=sounds)


@pytest.fixture
def place(refill: Callable[[Path], None], tmp_path: Path) -> Path:
    refill(tmp_path)
    return tmp_path


@pytest.fixture
def start(server: Server) -> Callable[..., subprocess.Popen]:
    """Start a command, with all that it starts in a process group as a terminal makes it."""

    def start_command(place: Path, words: str) -> subprocess.Popen:
        python = [sys.executable, "-c", DOWNLOAD] if "URL" in words else COMMAND
        return subprocess.Popen(
            [*python, *shlex.split(words.replace("URL", server.url)), "--quiet"],
            cwd=place,
            env=os.environ | {"PYTHONFAULTHANDLER": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start_command


@pytest.fixture
def carry_out(start: Callable[..., subprocess.Popen]) -> Callable[[Path, str], tuple[int, str]]:
    """Run a command to its end, and give its exit code and stderr."""

    def to_its_end(place: Path, words: str) -> tuple[int, str]:
        process = start(place, words)
        _, errors = process.communicate(timeout=300)
        assert "Traceback" not in errors, errors
        return process.returncode, errors

    return to_its_end


@pytest.fixture
def finish(carry_out: Callable[[Path, str], tuple[int, str]]) -> Callable[[Path, str], None]:
    """Run a command that must end well."""

    def end_well(place: Path, words: str) -> None:
        code, errors = carry_out(place, words)
        assert code == 0, errors

    return end_well


@pytest.mark.parametrize("words", WRITERS.values(), ids=WRITERS)
def test_killed_at_any_moment(place: Path, refill, start, finish, words: str) -> None:
    old = files(place)
    began = time.monotonic()
    finish(place, words)
    seconds = time.monotonic() - began
    new = files(place)
    assert new != old
    refill(place)
    dice = random.Random(words)
    moments = [seconds * (turn + dice.random()) / KILLS for turn in range(KILLS)]
    dice.shuffle(moments)
    outcomes: Counter[str] = Counter()
    for moment in moments:
        process = start(place, words)
        time.sleep(moment)
        process.kill()
        _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        found = files(place)
        check_each(found, old, new)
        outcomes["new" if found == new else "old" if found == old else "some files"] += 1
        outcomes["something left"] += bool(left(place))
        if found == new and not left(place):
            refill(place)
    finish(place, words)
    assert files(place) == new
    assert left(place) == []
    print(words.split()[0], KILLS, dict(outcomes))


def is_listening(process: subprocess.Popen) -> bool:
    """Whether the command line is there: before, Python itself answers a signal."""
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text())
    return bool(caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc")
@pytest.mark.parametrize(
    "words",
    [*STOPPED.values(), EXTRACT, READERS["check"]],
    ids=[*STOPPED, "extract", "check"],
)
def test_stopped_at_any_moment(place: Path, refill, start, finish, words: str) -> None:
    """By Ctrl-C, which all processes get, or a SIGTERM to the first of them."""
    old = files(place)
    began = time.monotonic()
    finish(place, words)
    seconds = time.monotonic() - began
    new = files(place)
    dice = random.Random(words)
    turns = max(2, KILLS // 2)
    outcomes: Counter[int] = Counter()
    for turn in range(turns):
        refill(place)
        number, code, said = STOPS[turn % 2]
        process = start(place, words)
        while not is_listening(process) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(seconds * 0.8 * (turn + dice.random()) / turns)
        if process.poll() is None:
            (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        _, errors = process.communicate(timeout=300)
        outcomes[process.returncode] += 1
        lines = [line for line in errors.splitlines() if not line.startswith("Warning: ")]
        assert (process.returncode, lines) in [(code, [said]), (0, [])], errors
        found = files(place)
        if words == EXTRACT:
            # The inventory is of what was extracted.
            found["catalog.duckdb"] = new["catalog.duckdb"]
        check_each(found, old, new)
        # What is fetched of a file is kept.
        assert [name for name in left(place) if not name.startswith("fetched/")] == []
        deadline = time.monotonic() + 30
        while not is_gone(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert is_gone(process.pid)
    finish(place, words)
    assert files(place) == new
    print(words.split()[0], turns, dict(outcomes))


def used(disk: Path) -> int:
    status = os.statvfs(disk)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


@pytest.mark.parametrize("words", WRITERS.values(), ids=WRITERS)
def test_a_full_disk(tmp_path: Path, refill, carry_out, finish, words: str) -> None:
    """At the first byte, or when half is written."""
    place = tmp_path / "disk"
    with small_disk(place, "200m"):
        refill(place)
        old, before = files(place), used(place)
        catalog = (place / "catalog.duckdb").stat().st_size
        finish(place, words)
        new = files(place)
        # A catalog is made beside the old one.
        needed = max(used(place) - before, 0 if "--out" in words else catalog)
        for share in (0, 0.5):
            remount(place, "size=200m")
            refill(place)
            remount(place, f"size={used(place) + int(share * needed)}")
            code, errors = carry_out(place, words)
            assert code == 1, errors
            assert re.search(
                "Error: .*; free some of the disk and run the same command again", errors
            )
            check_each(files(place), old, new)
            assert [name for name in left(place) if not name.startswith("fetched/")] == []
        remount(place, "size=200m")
        finish(place, words)
        assert files(place) == new


def test_a_read_only_disk(tmp_path: Path, refill, carry_out) -> None:
    """What only reads can; what writes says where it cannot."""
    place = tmp_path / "disk"
    with small_disk(place, "200m"):
        refill(place)
        old = files(place)
        remount(place, "ro")
        for words in READERS.values():
            assert carry_out(place, words) == (0, "")
        out = tmp_path / "out"
        for words in ("export --target t", "report --subset strong_train --format csv"):
            assert carry_out(place, f"{words} --out {out}") == (0, "")
        for words in [*WRITERS.values(), *MORE_WRITERS.values(), EXTRACT]:
            code, errors = carry_out(place, words)
            assert code == 1
            assert re.search(
                r"Error: \S+ cannot be (written to|created): Read-only file system; name a", errors
            ), errors
        assert files(place) == old


@pytest.mark.parametrize(
    "words",
    [WRITERS["second target"], WRITERS["download"], WRITERS["scan"], EXTRACT],
    ids=lambda words: words.split()[0],
)
def test_a_clock_that_was_ahead(place: Path, finish, words: str) -> None:
    """Files from the future are as good as any, and nothing is done again for them."""
    future = time.time() + 10 * 365 * 86_400
    for _ in range(2):
        for path in place.rglob("*"):
            os.utime(path, (future, future), follow_symlinks=False)
        before = files(place)
        finish(place, words)
    assert files(place) == before
    extracted = place / "extracted"
    assert {path.stat().st_mtime for path in extracted.rglob("*.wav")} <= {future}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WRITERS["first build"], WRITERS["first build"]),
        (WRITERS["second target"], WRITERS["scan"]),
        (WRITERS["download"], WRITERS["download"]),
        (WRITERS["export"], WRITERS["export"]),
        (WRITERS["score"], WRITERS["score"]),
        (WRITERS["score"], WRITERS["second target"]),
        (EXTRACT, EXTRACT),
        (EXTRACT, WRITERS["second target"]),
    ],
    ids=lambda words: words.split()[0],
)
def test_two_at_once(place: Path, start, finish, one: str, other: str) -> None:
    """One waits for nobody; the other comes after it, or says that it came between."""
    both = [start(place, words) for words in (one, other)]
    codes = []
    for process in both:
        _, errors = process.communicate(timeout=300)
        codes.append(process.returncode)
        assert "Traceback" not in errors
        assert process.returncode == 0 or re.search(
            r"Error: another (build of|(download|export) to|extraction into) \S+ is in progress;"
            " wait for it to end",
            errors,
        ), errors
    assert set(codes) <= {0, 1} and 0 in codes
    assert left(place) == []
    for words in (one, other):
        finish(place, words)
    found = files(place)
    finish(place, one)
    assert files(place) == found


def test_readers_while_a_catalog_is_replaced(place: Path) -> None:
    """Each reads a whole catalog, and none of them stands in the way."""
    catalog, metadata = place / "catalog.duckdb", place / "metadata"
    code = f"""
import duckdb, os
from pathlib import Path
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import read_state
reads, seen = 0, set()
print("ready", flush=True)
while not Path({str(place / "done")!r}).exists():
    with open_catalog(Path({str(catalog)!r})) as connection:
        targets = read_state(connection).targets
        for name in targets:
            connection.execute(f"select sum(end_seconds) from {{name}}.samples").fetchall()
        scored = connection.execute("from duckdb_tables() where table_name = 'scores'").fetchall()
        if scored:
            rows = connection.execute("select count(*) from t.scores group by detector").fetchall()
            assert set(rows) == {{(62,)}}, rows
        seen.add((len(targets), len(rows) if scored else 0))
        reads += 1
print(reads, len(seen))
"""
    readers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for reader in readers:
        assert reader.stdout.readline() == "ready\n"
    for name in ("u", "v", "w"):
        build(catalog, [Target(name, ("/m/a",))], metadata)
    for detector in ("mine", "other", "mine"):
        options = ScoreOptions(detector=detector, hop_seconds=Decimal("0.5"), replicates=0)
        score(catalog, "t", [place / "mine.csv"], options)
    (place / "done").touch()
    for reader in readers:
        out, _ = reader.communicate(timeout=60)
        assert reader.returncode == 0
        reads, seen = map(int, out.split())
        assert reads >= seen > 1


DAMAGED = (
    r"Error: (.*/)?catalog.duckdb (is damaged \(.*\); move it away and run audioset-duck build"
    r" again|cannot be opened as a DuckDB file.*--catalog.*)\n"
)


@pytest.fixture
def after_builds(place: Path) -> Path:
    """A catalog of several builds, in which blocks are free and in any order."""
    catalog = place / "catalog.duckdb"
    for name in ("u", "v", "u"):
        build(catalog, [Target(name, ("/m/a",))], place / "metadata")
    return catalog


def damages(catalog: Path, dice: random.Random) -> Iterator[bytes]:
    """The catalog cut anywhere, at its begin and near its end; and with bytes changed."""
    whole = catalog.read_bytes()
    for most in (len(whole), 12_288, 65_536):
        yield whole[: dice.randrange(most)]
    yield whole[: -dice.randrange(1, 65_536)]
    for most in (len(whole), 12_288):
        at = dice.randrange(most - 64)
        yield whole[:at] + dice.randbytes(64) + whole[at + 64 :]


@pytest.mark.parametrize("turn", range(max(1, KILLS // 6)))
def test_a_damaged_catalog(after_builds: Path, run, turn: int) -> None:
    """Every command tells, or did not need what is lost; none writes over what was cut."""
    whole = after_builds.read_bytes()
    tried = [WRITERS[name] for name in ("second target", "scan", "export")] + [*READERS.values()]
    for damaged in damages(after_builds, random.Random(turn)):
        for words in tried:
            after_builds.write_bytes(damaged)
            result = run(*shlex.split(words), "--quiet")
            told_so = re.search(DAMAGED, result.stderr)
            is_cut = len(damaged) < len(whole)
            assert told_so or result.exit_code == 0, (words, result.stderr)
            assert not is_cut or after_builds.stat().st_size == len(damaged), words
            assert left(after_builds.parent) == []


def append(path: Path) -> None:
    with path.open("a") as stream:
        stream.write("s0000000000_0\t3.000\t4.000\t/m/a\n")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("change", [append, cut, Path.unlink], ids=["append", "cut", "remove"])
def test_a_source_changes_under_way(place: Path, start, carry_out, change) -> None:
    """At any moment: the build notices, or had read it before or reads it after."""
    words = "build --name a --label /m/a --metadata metadata"
    source = place / "metadata" / "audioset_train_strong.tsv"
    whole = source.read_bytes()
    dice = random.Random(change.__name__)
    for _ in range(max(2, KILLS // 2)):
        (place / "catalog.duckdb").unlink(missing_ok=True)
        source.write_bytes(whole)
        process = start(place, words)
        while not (place / "catalog.duckdb.building").exists() and process.poll() is None:
            time.sleep(0.001)
        time.sleep(dice.uniform(0, 0.2))
        change(source)
        _, errors = process.communicate(timeout=300)
        assert process.returncode in (0, 1)
        assert "Traceback" not in errors
        if process.returncode:
            assert re.search(rf"Error: (.*/)?{source.name}\b", errors), errors
            assert not (place / "catalog.duckdb").exists()
        else:
            assert files(place)["catalog.duckdb"]
        assert left(place) == []
