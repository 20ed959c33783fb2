"""Points at which a command can fail: each change of the disk, and each statement of DuckDB.

A command runs in this process, and the Nth of these calls fails as if the disk were full, or ends
the process as if it were killed. With N = 1, 2, … until the command completes, every point is
tried, in the same order each time.
"""

import contextlib
import errno
import functools
import multiprocessing
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import duckdb

CHANGES = ("fsync", "link", "mkdir", "rename", "replace", "rmdir", "unlink")
KILLED = 137


def be_full(name: str) -> NoReturn:
    """What a call raises if the disk is full."""
    message = os.strerror(errno.ENOSPC)
    if name == "execute":
        raise duckdb.IOException(f"IO Error: Could not write file: {message}")
    raise OSError(errno.ENOSPC, message)


def be_killed(name: str) -> NoReturn:
    """The end of a process that is killed: nothing is cleared up."""
    os._exit(KILLED)


@contextlib.contextmanager
def failing_at(
    at: int, fail: Callable[[str], NoReturn], *, statements: bool
) -> Iterator[list[str]]:
    """Let the Nth call fail, and give the names of the functions that are called.

    Args:
        at: Which call, from 1.
        fail: What happens in it; it gets the name of the function.
        statements: Count the statements of DuckDB instead of the changes of the disk.
    """
    called: list[str] = []
    owner: Any = duckdb.DuckDBPyConnection if statements else os
    names = ("execute",) if statements else CHANGES
    originals = {name: getattr(owner, name) for name in names}

    def counted(name: str) -> Callable[..., Any]:
        @functools.wraps(originals[name])
        def call(*arguments: Any, **options: Any) -> Any:
            called.append(name)
            if len(called) == at:
                fail(name)
            return originals[name](*arguments, **options)

        return call

    for name in names:
        setattr(owner, name, counted(name))
    try:
        yield called
    finally:
        for name in names:
            setattr(owner, name, originals[name])


def run_killed(place: Path, command: str | Callable, at: int, *, statements: bool) -> int:
    """Run a command in a process that is killed at the Nth call; give its exit code.

    The process is forked from one that has the package loaded, and no connection of DuckDB open.

    Args:
        place: The folder that it runs in.
        command: The words of a command line, or a function that takes the folder.
        at: Which call, from 1.
        statements: As for `failing_at`.
    """
    process = _forkserver().Process(target=_run, args=(place, command, at, statements))
    process.start()
    process.join(300)
    assert process.exitcode is not None, f"{command} does not end"
    return process.exitcode


@functools.cache
def _forkserver() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["support.loaded"])
    return context


def _run(place: Path, command: str | Callable, at: int, statements: bool) -> None:
    from audioset_duck.cli.commands import main

    os.chdir(place)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    with failing_at(at, be_killed, statements=statements):
        try:
            if callable(command):
                command(place)
            else:
                sys.argv = ["audioset-duck", *shlex.split(command), "--quiet"]
                main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    os._exit(code)
