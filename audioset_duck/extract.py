"""Archives to validated files: planned in SQL, done by workers, remembered in a journal."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from tqdm import tqdm

from audioset_duck.archives import MemberError, read_member
from audioset_duck.audio import Limits, Verdict, judge, rewrite
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.ffmpeg import judge_by_ffmpeg
from audioset_duck.files import replacing
from audioset_duck.inventory import Journal, load_inventory
from audioset_duck.plan import missing, plan, units, write_missing_files


@dataclass(frozen=True)
class Options:
    """How clips are extracted.

    Attributes:
        layout: `audioset`: as the archives have it; `subset`: a folder for each subset.
        limits: What a valid clip must be.
        to: The format of the files.
        sample_rate: Samples a second and channel; None keeps the file's.
        mono: Mix all channels into one.
        discard_invalid: Keep no file of an invalid clip.
        validator: What decodes a clip to judge it.
    """

    layout: Literal["audioset", "subset"] = "audioset"
    limits: Limits = field(default_factory=Limits)
    to: Literal["wav", "flac"] = "wav"
    sample_rate: int | None = None
    mono: bool = False
    discard_invalid: bool = False
    validator: Literal["libsndfile", "ffmpeg"] = "libsndfile"


def extract(
    catalog: Path,
    zips: Path,
    audio_root: Path,
    subsets: Sequence[str],
    options: Options,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    quiet: bool = False,
) -> None:
    """Extract the clips of some subsets, each read, judged and written once.

    What is finished is in a journal in the audio root: run again after an interruption, however
    rude, only what is missing is done. At the end, and if it is interrupted, the journal is
    loaded into `audio_files` of the catalog.

    Args:
        catalog: The catalog, whose shared relations tell the clips of the subsets.
        zips: Folder of the archives; they may lie in folders of it.
        audio_root: Where the files go; made if it is not there.
        subsets: Some of `SUBSETS`.
        options: How.
        workers: Number of processes; None: one a core.
        executor: Where the units of work run instead; it must see the same files.
        quiet: Show no progress bar.

    Raises:
        AudiosetDuckError: A folder, archive or subset is not as it should be.
    """
    with Journal(audio_root, json.dumps(asdict(options), sort_keys=True)) as journal:
        with plan(catalog, zips, subsets) as connection:
            work = [
                {
                    "archive": archive,
                    "audio_root": str(audio_root.resolve()),
                    "options": asdict(options),
                    "clips": clips,
                }
                for archive, clips in units(connection, options.layout, journal.finished())
            ]
            journal.write(missing(connection))
            write_missing_files(connection, audio_root)
        total = sum(len(unit["clips"]) for unit in work)
        with contextlib.ExitStack() as stack:
            pool = executor or stack.enter_context(_processes(workers))
            bar = stack.enter_context(
                tqdm(desc="extract", total=total, unit="clip", delay=1, disable=quiet or None)
            )
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
                load_inventory(catalog, audio_root)


def _processes(workers: int | None) -> ProcessPoolExecutor:
    # Spawned, not forked: they inherit neither DuckDB's threads nor the lock of the journal.
    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_with_parent,
        initargs=(os.getpid(),),
    )


def _end_with_parent(parent: int) -> None:
    """A worker whose parent was killed would wait for work for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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


def extract_unit(unit: dict[str, Any]) -> list[dict[str, Any]]:
    """Extract some members of one archive: plain data in, plain data out, on any machine.

    Args:
        unit: `archive`, `audio_root`, `options` (as a dict), and `clips`: for each its ytid,
            member, header_offset, and `places`: pairs of a path below the audio root and the
            subset that it is for, with whether the clip is labelled Silence in it.

    Returns:
        A row of `audio_files` for each place.
    """
    options = Options(**unit["options"] | {"limits": Limits(**unit["options"]["limits"])})
    rows = []
    for clip in unit["clips"]:
        data: bytes | None = None
        try:
            data = read_member(Path(unit["archive"]), clip["header_offset"])
            decide = judge if options.validator == "libsndfile" else judge_by_ffmpeg
            verdict = decide(data, options.limits)
        except MemberError as error:
            verdict = Verdict(error.status, error.reason)
        written: dict[bool, Path] = {}
        for place in clip["places"]:
            rows.append(_place(unit, clip, place, data, verdict, options, written))
    return rows


def _place(
    unit: dict[str, Any],
    clip: dict[str, Any],
    place: dict[str, Any],
    data: bytes | None,
    verdict: Verdict,
    options: Options,
    written: dict[bool, Path],
) -> dict[str, Any]:
    """Write a clip to one place, as a link if it is written already; and tell of it."""
    is_ok = verdict.status == "ok" or (verdict.status == "silent" and place["is_silence"])
    root = Path(unit["audio_root"])
    row = asdict(verdict) | {
        "ytid": clip["ytid"],
        "place": place["path"],
        "archive": Path(unit["archive"]).name,
        "member": clip["member"],
        "audio_path": None,
        "bytes": None,
    }
    if is_ok:
        row |= {"status": "ok", "reason": None}
    if data is None or (not is_ok and options.discard_invalid):
        return row
    name = PurePosixPath(place["path"])
    target = root / (name if is_ok else PurePosixPath("invalid_audio", place["subset"], name.name))
    target = target.with_suffix(f".{options.to}" if is_ok else ".wav")
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as part:
        if earlier := written.get(is_ok):
            part.unlink(missing_ok=True)
            os.link(earlier, part)
        else:
            changes = is_ok and (options.to != "wav" or options.sample_rate or options.mono)
            part.write_bytes(
                rewrite(data, options.to, options.sample_rate, options.mono) if changes else data
            )
    written[is_ok] = target
    return row | {
        "audio_path": str(target.relative_to(root)) if is_ok else None,
        "bytes": target.stat().st_size,
    }
