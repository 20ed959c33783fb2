"""Archives to validated files: planned in SQL, done by workers, remembered in a journal."""

from __future__ import annotations

import contextlib
import errno
import json
import multiprocessing
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path

from audioset_duck.audio.extraction_plan import (
    DryRun,
    count_dry_run,
    find_pending,
    missing,
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

_PART = re.compile(r"Y?[0-9A-Za-z_-]{11}\.(wav|flac)\.[0-9a-f]{8}\.part")


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
    """Extract the clips of some subsets, each read, judged and written once.

    What is finished is in a journal in the audio root: run again after an interruption, however
    rude, only what is missing is done. At the end, and if it is interrupted, the journal is
    loaded into `audio_files` of the catalog.

    Args:
        catalog: The catalog, whose shared relations tell the clips of the subsets.
        archives: Folder of the archives; they may lie in folders of it.
        audio_root: Where the files go; made if it is not there.
        subsets: Some of `SUBSETS`; or targets of the catalog: the clips that their samples need;
            or none: all subsets that the catalog has clips of.
        options: How.
        workers: Number of processes; None: one a core.
        executor: Where the units of work run instead; it must see the same files.
        dry_run: Only tell how much there is to do.

    Returns:
        How much there was to do.

    Raises:
        AudiosetDuckError: A folder, archive or subset is not as it should be, the disk is full,
            or a worker was killed.
    """
    said = json.dumps(asdict(options), sort_keys=True)
    with _explaining(audio_root), contextlib.ExitStack() as stack:
        # What cannot be planned makes no audio root.
        with plan(catalog, archives, subsets) as connection:
            journal = Journal(audio_root, said)
            if not dry_run:
                stack.enter_context(journal)
            finished = journal.finished(_files(audio_root, is_tidied=not dry_run))
            find_pending(connection, options.layout, finished)
            told = count_dry_run(connection)
            if dry_run:
                return told
            work = [
                {
                    "archive": archive,
                    "archive_fingerprint": archive_fingerprint,
                    "audio_root": str(audio_root.resolve()),
                    "options": asdict(options),
                    "clips": clips,
                }
                for archive, archive_fingerprint, clips in units(connection)
            ]
            journal.write(missing(connection))
            write_missing_files(connection, audio_root)
        pool = executor or stack.enter_context(_processes(workers))
        bar = stack.enter_context(
            progress(name="extract", unit="clip", total=told.to_do, leave=True)
        )
        with defer_interrupts():
            futures = [pool.submit(extract_unit, unit) for unit in work]
        try:
            for future in as_completed(futures):
                rows = future.result()
                journal.write(rows)
                bar.update(len({row["ytid"] for row in rows}))
        finally:
            # If it was interrupted, what has not begun need not begin.
            for future in futures:
                future.cancel()
            replace_inventory(catalog, lambda connection: load_journal(connection, journal.path))
    return told


@contextlib.contextmanager
def _explaining(audio_root: Path) -> Iterator[None]:
    """Say what can be done about an interruption."""
    cure = "run the same again, what is finished is kept"
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise AudiosetDuckError(
            f"the disk of {audio_root} is full ({error.filename}); free some of it and {cure}"
        ) from None
    except BrokenProcessPool:
        raise AudiosetDuckError(
            f"a worker was killed, perhaps for want of memory; {cure}, with fewer --workers"
        ) from None


def _files(audio_root: Path, *, is_tidied: bool) -> list[str]:
    """The files below the audio root; what killed workers left half written is removed."""
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
    """Processes of this machine."""
    others = set(multiprocessing.active_children())
    # Spawned, not forked: they inherit neither DuckDB's threads nor the lock of the journal.
    with ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=end_with_parent,
        initargs=(os.getpid(),),
    ) as pool:
        try:
            yield pool
        except (BrokenProcessPool, OSError) as error:
            # Of one that is killed while the others are started, the pool may tell only so much.
            if isinstance(error, OSError) and str(error) != "handle is closed":
                raise
            # One that was about to start as another one was killed is not ended by the pool, which
            # would wait for it for ever.
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            raise BrokenProcessPool from error


@contextlib.contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The workers of a Dask cluster; they must see the same files under the same paths.

    Raises:
        AudiosetDuckError: Dask is not installed, or there is no scheduler at the address.
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
        # A unit whose worker died is given to another one.
        yield client.get_executor(retries=3)  # type: ignore[no-untyped-call]
