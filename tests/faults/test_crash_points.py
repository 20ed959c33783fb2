"""Commands fail at enumerated points: nothing is lost, and the next run repairs.

A point is a change of the disk (a rename, an fsync, a removed file, …) or a statement of DuckDB.
There the command finds the disk full, or is killed. By default these two take turns with the
changes, and a few of the statements are tried; AUDIOSET_DUCK_KILLS tries both at all changes.
Random moments of real processes, and real full disks, are tried in test_commands.py.
"""

import functools
import itertools
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from support.crashes import KILLED, be_full, failing_at, run_killed
from support.effort import DEFAULT_KILLS, KILLS
from support.places import (
    MORE_WRITERS,
    WRITERS,
    check_each,
    extract_here,
    files,
    fill,
    left,
    predict_here,
)

from audioset_duck.errors import AudiosetDuckError

pytestmark = pytest.mark.slow
COMMANDS: dict[str, str | Callable] = {
    name: words for name, words in (WRITERS | MORE_WRITERS).items() if name != "download"
} | {
    "extract": extract_here,
    "extract tar": functools.partial(extract_here, archives="few_tars"),
    "extract parquet": functools.partial(extract_here, archives="few_parquets"),
    "predict": predict_here,
    "lhotse": "export --target t --out out --format lhotse",
    "hf": "export --target t --out out --format hf --embed",
    "demo": "demo made --clips 20 --no-audio --target gun",
}
IS_SHORT = KILLS <= DEFAULT_KILLS
# Statements are many, and between two renames they are alike: these first, then each so many.
FIRST, STRIDE = 3, 61 if IS_SHORT else 23
# Of changes of the disk, each so many is tried, unless AUDIOSET_DUCK_KILLS asks for more. What the
# commands named here do is like what others do: none of their statements is tried then.
EVERY = 2
STRIDES = {
    "demo": 7,
    "score": 3,
    "listen": 1,
    "predict": 5,
    "corrections": 1,
    "archives": 3,
    "extract tar": 19,
    "extract parquet": 19,
}


def points(name: str, statements: bool, offset: int) -> Iterator[int]:
    """The numbers of the points of a command, without an end; `offset` shifts the changes."""
    if statements:
        return itertools.chain(range(1, FIRST + 1), itertools.count(FIRST + STRIDE, STRIDE))
    stride = STRIDES.get(name, EVERY) if IS_SHORT else 1
    return itertools.count(1 + offset % stride, stride)


def read(place: Path) -> dict[str, object]:
    return files(place, is_checked=False)


@pytest.fixture
def states(sounds: Path, tmp_path: Path, run) -> Callable[[str | Callable], tuple[dict, dict]]:
    """Fill a folder, and give what its files hold before a command and after it."""

    def before_and_after(command: str | Callable) -> tuple[dict, dict]:
        fill(tmp_path, sounds)
        old = read(tmp_path)
        if callable(command):
            command(tmp_path)
        else:
            assert run(*shlex.split(command), "--quiet").exit_code == 0
        new = read(tmp_path)
        assert new != old
        fill(tmp_path, sounds)
        return old, new

    return before_and_after


each_command = pytest.mark.parametrize(
    ("name", "statements"),
    [
        pytest.param(name, statements, id=f"{name}-{'statements' if statements else 'changes'}")
        for name in COMMANDS
        for statements in (False, True)
        # What a demo asks of DuckDB, a build does too.
        if not (statements and name == "demo")
        if not (statements and IS_SHORT and name in STRIDES)
    ],
)


@each_command
def test_a_full_disk_at_each_point(
    states, run, tmp_path: Path, name: str, statements: bool
) -> None:
    command = COMMANDS[name]
    old, new = states(command)
    for at in points(name, statements, 1):
        with failing_at(at, be_full, statements=statements) as called:
            if callable(command):
                try:
                    command(tmp_path)
                    code, message = 0, ""
                except (AudiosetDuckError, OSError, duckdb.Error) as error:
                    code, message = 1, str(error)
            else:
                result = run(*shlex.split(command), "--quiet")
                code, message = result.exit_code, result.stderr
        if len(called) < at:
            assert code == 0, message
            break
        check_each(read(tmp_path), old, new)
        # Where what fails is the clearing up, the command itself may have done its work.
        assert code == 0 or "No space left on device" in message or "full" in message, (at, message)
    assert at > 2
    assert read(tmp_path) == new
    assert left(tmp_path) == []


@each_command
def test_killed_at_each_point(states, tmp_path: Path, name: str, statements: bool) -> None:
    command = COMMANDS[name]
    old, new = states(command)
    for at in points(name, statements, 0):
        code = run_killed(tmp_path, command, at, statements=statements)
        check_each(read(tmp_path), old, new)
        if code != KILLED:
            assert code == 0
            break
    assert at > 2
    assert read(tmp_path) == new
    assert left(tmp_path) == []
