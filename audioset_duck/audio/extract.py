"""Extraction of clips from archives: planned in SQL, done by workers, recorded in a journal."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import multiprocessing
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from audioset_duck.audio.extraction_plan import (
    DryRun,
    absent_rows,
    count_dry_run,
    find_pending,
    later_attempts,
    plan,
    units,
    write_missing_files,
)
from audioset_duck.audio.journal import Journal
from audioset_duck.audio.worker import Options, end_with_parent, extract_unit
from audioset_duck.catalog.audio_files import load_journal
from audioset_duck.catalog.build import replace_inventory
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.interrupts import defer_interrupts
from audioset_duck.progress import progress

_PART = re.compile(r"Y?[0-9A-Za-z_-]{11}\.[a-z0-9]+\.[0-9a-f]{8}\.part")


def extract(
    catalog: Path,
    archives: Path,
    audio_root: Path,
    subsets: Sequence[str],
    options: Options,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    dry_run: bool = False,
) -> DryRun:
    """Extract the clips of subsets. Each is read, validated and written once.

    A journal in the audio root records what is finished. You can interrupt an extraction at any
    time; run again, it extracts what is missing. At its end, and when it is interrupted, the
    journal is loaded into `audio_files` of the catalog.

    Args:
        catalog: The catalog, whose shared relations list the clips of the subsets.
        archives: Folder of the archives, searched with all its folders.
        audio_root: Folder of the extracted files; created if it does not exist.
        subsets: Names of `SUBSETS`, or of targets of the catalog for the clips of their samples;
            empty: all subsets that the catalog has.
        options: How clips are extracted.
        workers: Number of processes; None: one per core.
        executor: Runs the units of work instead of processes; it must see the same files.
        dry_run: Only count what there is to do.

    Returns:
        How much there was to do.

    Raises:
        AudiosetDuckError: A folder, archive or subset is missing or invalid, the disk is full, or
            a worker was killed.
    """
    options_text = json.dumps(asdict(options), sort_keys=True)
    with _explaining(audio_root), contextlib.ExitStack() as stack:
        # If planning fails, no audio root is created.
        with plan(catalog, archives, subsets) as connection:
            journal = Journal(audio_root, options_text)
            if not dry_run:
                stack.enter_context(journal)
            finished = journal.finished(_files(audio_root, is_tidied=not dry_run))
            find_pending(connection, options.layout, finished)
            summary = count_dry_run(connection)
            if dry_run:
                return summary
            work = _work(connection, 1, audio_root, options)
            later = later_attempts(connection)
            journal.write(absent_rows(connection))
            write_missing_files(connection, audio_root)
        pool = executor or stack.enter_context(_processes(workers))
        bar = stack.enter_context(
            progress(name="extract", unit="clip", total=summary.to_do, leave=True)
        )
        futures = _submit(pool, work)
        is_done = False
        try:
            for attempt in itertools.count(2):
                invalid = []
                for rows in _done(futures):
                    journal.write(rows)
                    invalid += [row["ytid"] for row in rows if row["status"] != "ok"]
                    if attempt == 2:
                        bar.update(len({row["ytid"] for row in rows}))
                work = _next_work(later, invalid, attempt, audio_root, options)
                if not work:
                    break
                futures = _submit(pool, work)
            is_done = True
        finally:
            # The rebuild of targets has a bar of its own.
            bar.close()
            # A run that was stopped does not wait; the journal keeps its work.
            replace_inventory(
                catalog,
                lambda connection: load_journal(connection, journal.path),
                is_patient=is_done,
            )
    return summary


def _submit(pool: Executor, work: list[dict[str, Any]]) -> list[Future[list[dict[str, Any]]]]:
    try:
        with defer_interrupts():
            return [pool.submit(extract_unit, unit) for unit in work]
    except BrokenPipeError as error:
        # Of a process that was killed as it started.
        raise BrokenProcessPool from error


def _done(futures: list[Future[list[dict[str, Any]]]]) -> Iterator[list[dict[str, Any]]]:
    """The rows of each unit of work, as soon as it is done."""
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        # After an interrupt, units that have not started need not start.
        for future in futures:
            future.cancel()


def _work(
    connection: duckdb.DuckDBPyConnection, attempt: int, audio_root: Path, options: Options
) -> list[dict[str, Any]]:
    """The units of work of an attempt, as `extract_unit` takes them."""
    return [
        {
            "archive": archive,
            "archive_fingerprint": archive_fingerprint,
            "audio_root": str(audio_root.resolve()),
            "options": asdict(options),
            "clips": clips,
        }
        for archive, archive_fingerprint, clips in units(connection, attempt)
    ]


def _next_work(
    later: pa.Table, invalid: list[str], attempt: int, audio_root: Path, options: Options
) -> list[dict[str, Any]]:
    """The units of the next attempt, for the clips whose files are invalid so far."""
    if not (len(later) and invalid):
        return []
    with duckdb.connect() as connection:
        connection.register("later", later)
        connection.register("invalid", pa.table({"ytid": invalid}))
        connection.execute(
            "create temp table pending as select * from later semi join invalid using (ytid)"
        )
        return _work(connection, attempt, audio_root, options)


@contextlib.contextmanager
def _explaining(audio_root: Path) -> Iterator[None]:
    """Turn a full disk or a killed worker into a message with a cure."""
    cure = "run the same command again, finished clips are kept"
    try:
        yield
    except BrokenProcessPool:
        raise AudiosetDuckError(
            f"a worker was killed, perhaps for lack of memory; {cure}, with fewer --workers"
        ) from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise AudiosetDuckError(
            f"the disk of {audio_root} is full ({error.filename or 'its journal'}); free some of it"
            f" and {cure}"
        ) from None


def _files(audio_root: Path, *, is_tidied: bool) -> list[str]:
    """List the files below the audio root; remove what killed workers left half written."""
    files = []
    for folder, _, names in os.walk(audio_root):
        below = os.path.relpath(folder, audio_root)
        for name in names:
            if _PART.fullmatch(name):
                if is_tidied:
                    Path(folder, name).unlink(missing_ok=True)
            else:
                files.append(name if below == "." else f"{below}/{name}")
    return files


@contextlib.contextmanager
def _processes(workers: int | None) -> Iterator[Executor]:
    """A pool of processes on this machine."""
    others = set(multiprocessing.active_children())
    # Spawned, not forked, so that they inherit neither DuckDB's threads nor the journal's lock.
    with ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=end_with_parent,
        initargs=(os.getpid(),),
    ) as pool:
        try:
            yield pool
        except (BrokenProcessPool, OSError) as error:
            # If a worker is killed while it or others start, the pool may raise no more than this.
            if isinstance(error, OSError) and str(error) != "handle is closed":
                raise
            # The pool does not end a process that was starting when another was killed, and would
            # wait for it forever.
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            raise BrokenProcessPool from error


@contextlib.contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """Use the workers of a Dask cluster, which must see the same files under the same paths.

    Raises:
        AudiosetDuckError: Dask is not installed, or no scheduler runs at the address.
    """
    try:
        from distributed import Client
    except ImportError:
        raise AudiosetDuckError(
            "Dask is not installed; install it with pip install 'audioset-duck[dask]'"
        ) from None
    try:
        client = Client(address, timeout=20)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise AudiosetDuckError(f"there is no Dask scheduler at {address}: {error}") from None
    with client:
        # A unit whose worker died is given to another worker.
        yield client.get_executor(retries=3)  # type: ignore[no-untyped-call]
