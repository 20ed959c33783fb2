"""What an extraction does: the clips of subsets, joined with the members of archives."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from audioset_duck.audio.archives import Member, find_archives, fingerprint, list_members
from audioset_duck.catalog.audio_files import wanted_clips
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import require_target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import atomic_write
from audioset_duck.progress import progress

log = logging.getLogger(__name__)

SUBSETS = (
    "strong_train",
    "strong_eval",
    "weak_balanced_train",
    "weak_unbalanced_train",
    "weak_eval",
)
# The folder of the clips of an archive follows from the archive's name, not from its own folders.
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
# Small enough to lose little if a worker dies, large enough to make sending them cheap.
MEMBERS_A_UNIT = 100


@dataclass(frozen=True)
class DryRun:
    """How much an extraction would do.

    Attributes:
        clips: Clips of the subsets.
        missing: Clips that are in no archive.
        done: Clips that are finished already.
        to_do: Clips that would be extracted.
        archives: Archives that would be read.
        packed_bytes: Bytes of these archives that would be read.
        bytes: Size of the unpacked clips, in bytes.
    """

    clips: int
    missing: int
    done: int
    to_do: int
    archives: int
    packed_bytes: int
    bytes: int


def check_subsets(names: Sequence[str]) -> None:
    """Raise AudiosetDuckError unless all names are subsets that have audio."""
    for name in names:
        if name not in SUBSETS:
            raise AudiosetDuckError(
                f"unknown subset {name!r}; expected one of {', '.join(SUBSETS)} or all; name a"
                " target with --target"
            )


def count_dry_run(connection: duckdb.DuckDBPyConnection) -> DryRun:
    """Count what an extraction will do, after `find_pending`."""
    (counts,) = connection.execute("""
        with wanted_clips as (select distinct ytid from wanted),

        pending_clips as (select distinct ytid from pending)

        select
            count(*),
            count(*) filter (where chosen.ytid is null),
            count(*) filter (where chosen.ytid is not null and pending_clips.ytid is null),
            count(pending_clips.ytid),
            count(distinct chosen.archive) filter (where pending_clips.ytid is not null),
            coalesce(sum(chosen.packed_bytes) filter (where pending_clips.ytid is not null), 0),
            coalesce(sum(chosen.bytes) filter (where pending_clips.ytid is not null), 0)
        from wanted_clips
        left join chosen using (ytid)
        left join pending_clips using (ytid)
    """).fetchall()
    return DryRun(*counts)


@contextlib.contextmanager
def plan(
    catalog: Path, folder: Path, subsets: Sequence[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the temporary tables `wanted` (subset, ytid, is_silence) and `chosen`.

    `chosen` has the one member that is taken of each clip: of the first archive, by name, that
    has it. Archives that cannot be read are reported and skipped. A target counts as a subset,
    with the clips of its samples.

    Raises:
        AudiosetDuckError: A target is not in the catalog, a subset has no clips, or no archive can
            be read.
    """
    with open_catalog(catalog) as connection:
        targets = sorted(set(subsets).difference(SUBSETS))
        for name in targets:
            require_target(connection, name)
        connection.execute(
            f"create temp table wanted as {wanted_clips(targets)}", {"subsets": list(subsets)}
        )
        found = connection.execute("select distinct subset from wanted").fetchall()
        for subset in subsets:
            if (subset,) not in found:
                raise AudiosetDuckError(
                    f"the catalog has no clips of {subset}: its source file is not among"
                    " meta.sources"
                )
        connection.execute(
            "create temp table members (ytid varchar, archive varchar, archive_fingerprint varchar,"
            " member varchar, header_offset bigint, packed_bytes bigint, bytes bigint)"
        )
        archives = find_archives(folder)
        unreadable = 0
        for archive in progress(archives, name="archives", unit="archive"):
            try:
                listed = list_members(archive)
            except AudiosetDuckError as error:
                log.warning("%s", error)
                unreadable += 1
                continue
            if not listed:
                continue
            columns = zip(Member._fields, zip(*listed, strict=True), strict=True)
            connection.register(
                "listed", pa.table({name: list(values) for name, values in columns})
            )
            connection.execute(
                "insert into members select ytid, $archive, $fingerprint, member, header_offset,"
                " packed_bytes, bytes from listed",
                {"archive": str(archive), "fingerprint": fingerprint(archive)},
            )
            connection.unregister("listed")
        if unreadable == len(archives):
            raise AudiosetDuckError(f"none of the {unreadable} archives of {folder} can be read")
        connection.execute(
            "create temp table chosen as from members semi join wanted using (ytid)"
            " qualify row_number() over (partition by ytid order by archive, header_offset) = 1"
        )
        yield connection


def find_pending(connection: duckdb.DuckDBPyConnection, layout: str, finished: pa.Table) -> None:
    """Create the temporary table `pending`: the clips to extract, and where their files go.

    A finished clip is extracted again if it was invalid and its archive has changed.

    Args:
        connection: From `plan`.
        layout: `audioset` or `subset`: where the files go.
        finished: From `Journal.finished`.
    """
    place = (
        "wanted.subset || '/' || chosen.ytid || '.wav'" if layout == "subset" else _AUDIOSET_PLACE
    )
    connection.register("finished", finished)
    connection.execute(f"""
        create or replace temp table pending as
        with places as (
            select
                chosen.ytid,
                chosen.archive,
                chosen.archive_fingerprint,
                chosen.member,
                chosen.header_offset,
                {place} as path,
                min(wanted.subset) as subset,
                bool_or(wanted.is_silence) as is_silence
            from wanted
            inner join chosen on wanted.ytid = chosen.ytid
            group by all
        )

        from places
        anti join finished
            on
                places.path = finished.place
                and (
                    finished.status = 'ok'
                    or finished.archive_fingerprint = places.archive_fingerprint
                )
    """)
    connection.unregister("finished")


def units(
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Split the pending clips into units of work: clips of an archive in the order of their bytes.

    Yields:
        The path of the archive, its fingerprint, and for each clip its `ytid`, `member`,
        `header_offset`, and its `places`: `path` below the audio root, `subset`, and `is_silence`,
        whether it has the label Silence in that subset.
    """
    rows = connection.execute(f"""
        with clips as (
            select
                archive,
                archive_fingerprint,
                header_offset,
                {{
                    'ytid': ytid,
                    'member': member,
                    'header_offset': header_offset,
                    'places': list(
                        {{'path': path, 'subset': subset, 'is_silence': is_silence}} order by path
                    )
                }} as clip
            from pending
            group by ytid, archive, archive_fingerprint, member, header_offset
        ),

        numbered as (
            select
                *,
                (row_number() over (partition by archive order by header_offset) - 1)
                // {MEMBERS_A_UNIT} as unit
            from clips
        )

        select archive, any_value(archive_fingerprint), list(clip order by header_offset)
        from numbered
        group by archive, unit
        order by archive, unit
    """).fetchall()
    yield from rows


def missing(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Rows of the journal for the clips that are in no archive."""
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


def write_missing_files(connection: duckdb.DuckDBPyConnection, audio_root: Path) -> None:
    """Write missing_files/SUBSET.txt: the files that a subset lacks, one name per line."""
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
        with atomic_write(folder / f"{subset}.txt") as part:
            part.write_text("".join(f"{name}\n" for name in names or ()), encoding="utf-8")
