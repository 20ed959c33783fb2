"""Archives to validated files: planned in SQL, done by workers, remembered in a journal."""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import duckdb
import pyarrow as pa
from tqdm import tqdm

from audioset_duck.archives import MemberError, find_archives, list_members, read_member
from audioset_duck.audio import Limits, Verdict, judge, rewrite
from audioset_duck.catalog import open_catalog
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.ffmpeg import judge_by_ffmpeg
from audioset_duck.files import replacing
from audioset_duck.inventory import Journal, load_inventory

log = logging.getLogger(__name__)

SUBSETS = (
    "strong_train",
    "strong_eval",
    "weak_balanced_train",
    "weak_unbalanced_train",
    "weak_eval",
)
# Where an archive's clips lie: by the archive's name, whatever the folders in it are called.
_AUDIOSET_PLACE = r"""
    case
        when regexp_matches(lower(chosen.archive), 'unbalanced_train_segments_part[0-9]+')
            then 'unbalanced_train_segments/' || regexp_extract(
                lower(chosen.archive), '.*(unbalanced_train_segments_part[0-9]+)', 1
            )
        when regexp_matches(lower(chosen.archive), 'balanced_train[^/]*$')
            then 'balanced_train_segments'
        when regexp_matches(lower(chosen.archive), 'eval[^/]*$') then 'eval_segments'
        else regexp_extract(chosen.archive, '([^/]*)\.[^./]*$', 1)
    end || '/Y' || chosen.ytid || '.wav'
"""
# Small enough to lose little when a worker dies, large enough to make the way there cheap.
MEMBERS_A_UNIT = 100


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
    journal = Journal(audio_root, json.dumps(asdict(options), sort_keys=True))
    with journal, plan(catalog, zips, subsets) as connection:
        units = list(_units(connection, audio_root, options, journal.finished()))
        journal.write(_missing(connection))
        _write_missing_files(connection, audio_root)
        total = sum(len(unit["clips"]) for unit in units)
        with contextlib.ExitStack() as stack:
            pool = executor or stack.enter_context(_processes(workers))
            bar = stack.enter_context(
                tqdm(desc="extract", total=total, unit="clip", delay=1, disable=quiet or None)
            )
            try:
                for future in as_completed([pool.submit(extract_unit, unit) for unit in units]):
                    rows = future.result()
                    journal.write(rows)
                    bar.update(len({row["ytid"] for row in rows}))
            except BaseException:
                # What has not begun is not begun; what has is worth the moment that it takes.
                pool.shutdown(wait=True, cancel_futures=True)
                raise
            finally:
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


@dataclass(frozen=True)
class Forecast:
    """What an extraction would do.

    Attributes:
        clips: Clips that the subsets have.
        missing: Those of them that are in no archive.
        archives: Archives that would be read.
        packed_bytes: How much of them.
        bytes: Size of the clips when unpacked.
    """

    clips: int
    missing: int
    archives: int
    packed_bytes: int
    bytes: int


def forecast(catalog: Path, zips: Path, subsets: Sequence[str]) -> Forecast:
    """Count what an extraction of some subsets would do, and do nothing."""
    with plan(catalog, zips, subsets) as connection:
        ((clips, missing, archives, packed_bytes, size),) = connection.execute("""
            with wanted_clips as (select distinct ytid from wanted)

            select
                count(*),
                count(*) - count(chosen.ytid),
                count(distinct chosen.archive),
                coalesce(sum(chosen.packed_bytes), 0),
                coalesce(sum(chosen.bytes), 0)
            from wanted_clips
            left join chosen using (ytid)
        """).fetchall()
    return Forecast(clips, missing, archives, packed_bytes, size)


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


@contextlib.contextmanager
def plan(catalog: Path, zips: Path, subsets: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the temporary tables `wanted` (subset, ytid, is_silence) and `chosen`.

    `chosen` has the one member that is taken of each clip: of the first archive, by name, that
    has it. Archives that cannot be read are told of and passed over.

    Raises:
        AudiosetDuckError: A subset that is none or has no clips, or no readable archive.
    """
    for subset in subsets:
        if subset not in SUBSETS:
            raise AudiosetDuckError(
                f"there is no subset {subset!r}; right are {', '.join(SUBSETS)}"
            )
    with open_catalog(catalog) as connection:
        connection.execute(
            "create temp table wanted as"
            " select subset, ytid, bool_or(is_silence) as is_silence"
            " from main.subset_clips where list_contains($subsets, subset)"
            " group by subset, ytid",
            {"subsets": list(subsets)},
        )
        found = connection.execute("select distinct subset from wanted").fetchall()
        for subset in subsets:
            if (subset,) not in found:
                raise AudiosetDuckError(
                    f"the catalog has no clips of {subset}: its source file is not among"
                    " meta.sources"
                )
        connection.execute(
            "create temp table members (ytid varchar, archive varchar, member varchar,"
            " header_offset bigint, packed_bytes bigint, bytes bigint)"
        )
        archives = find_archives(zips)
        unreadable = 0
        for archive in tqdm(archives, desc="archives", delay=1, leave=False, disable=None):
            try:
                connection.register("listed", list_members(archive))
            except AudiosetDuckError as error:
                log.warning("%s", error)
                unreadable += 1
                continue
            connection.execute("insert into members select * from listed")
            connection.unregister("listed")
        if unreadable == len(archives):
            raise AudiosetDuckError(f"none of the {unreadable} archives of {zips} can be read")
        connection.execute(
            "create temp table chosen as from members semi join wanted using (ytid)"
            " qualify row_number() over (partition by ytid order by archive, header_offset) = 1"
        )
        yield connection


def _units(
    connection: duckdb.DuckDBPyConnection,
    audio_root: Path,
    options: Options,
    finished: Iterable[str],
) -> Iterator[dict[str, Any]]:
    """Units of work: of one archive each, its members in the order of the bytes."""
    place = (
        "wanted.subset || '/' || chosen.ytid || '.wav'"
        if options.layout == "subset"
        else _AUDIOSET_PLACE
    )
    connection.execute("create temp table finished (path varchar)")
    connection.register("listed", pa.table({"path": pa.array(list(finished), pa.string())}))
    connection.execute("insert into finished select path from listed")
    rows = connection.execute(f"""
        with places as (
            select
                chosen.ytid,
                chosen.archive,
                chosen.member,
                chosen.header_offset,
                {place} as path,
                min(wanted.subset) as subset,
                bool_or(wanted.is_silence) as is_silence
            from wanted
            inner join chosen on wanted.ytid = chosen.ytid
            group by all
        ),

        clips as (
            select
                archive,
                header_offset,
                {{
                    'ytid': ytid,
                    'member': member,
                    'header_offset': header_offset,
                    'places': list(
                        {{'path': path, 'subset': subset, 'is_silence': is_silence}} order by path
                    )
                }} as clip
            from places
            anti join finished using (path)
            group by ytid, archive, member, header_offset
        ),

        numbered as (
            select
                *,
                (row_number() over (partition by archive order by header_offset) - 1)
                // {MEMBERS_A_UNIT} as unit
            from clips
        )

        select archive, list(clip order by header_offset)
        from numbered
        group by archive, unit
        order by archive, unit
    """).fetchall()
    for archive, clips in rows:
        yield {
            "archive": archive,
            "audio_root": str(audio_root.resolve()),
            "options": asdict(options),
            "clips": clips,
        }


def _missing(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return [
        {
            "ytid": ytid,
            "place": None,
            "status": "missing",
            "reason": "it is in none of the archives",
        }
        for (ytid,) in connection.execute(
            "select distinct ytid from wanted anti join chosen using (ytid) order by ytid"
        ).fetchall()
    ]


def _write_missing_files(connection: duckdb.DuckDBPyConnection, audio_root: Path) -> None:
    """Write missing_files/SUBSET.txt: the files that a subset lacks, one name a line."""
    folder = audio_root / "missing_files"
    folder.mkdir(exist_ok=True)
    for subset, names in connection.execute("""
        select wanted.subset, list('Y' || wanted.ytid || '.wav' order by wanted.ytid) filter (
            where chosen.ytid is null
        )
        from wanted
        left join chosen using (ytid)
        group by wanted.subset
    """).fetchall():
        with replacing(folder / f"{subset}.txt") as part:
            part.write_text("".join(f"{name}\n" for name in names or ()), encoding="utf-8")


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
