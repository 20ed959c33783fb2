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

from audioset_duck.audio.archives import find_archives, fingerprint, is_divisible, list_members
from audioset_duck.audio.folders import MISSING_FOLDER
from audioset_duck.audio.members import Member
from audioset_duck.audio.names import NO_ID, Skipped
from audioset_duck.catalog.audio_files import create_wanted
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.models import render_query
from audioset_duck.catalog.state import require_target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import atomic_write
from audioset_duck.progress import progress
from audioset_duck.sources.definitions import AUDIO_SUBSETS

log = logging.getLogger(__name__)

# Small enough to lose little if a worker dies, large enough to make sending them cheap.
CLIPS_PER_UNIT = 100


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
        if name not in AUDIO_SUBSETS:
            raise AudiosetDuckError(
                f"unknown subset {name!r}; expected one of {', '.join(AUDIO_SUBSETS)} or all;"
                " name a target with --target"
            )


def count_dry_run(connection: duckdb.DuckDBPyConnection) -> DryRun:
    """Count what an extraction will do, after `find_pending`."""
    _, query = render_query("extraction/dry_run")
    (counts,) = connection.execute(query).fetchall()
    return DryRun(*counts)


@contextlib.contextmanager
def plan(
    catalog: Path, folder: Path, subsets: Sequence[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the temporary tables `wanted` (subset, ytid, is_silence) and `chosen`.

    `chosen` has the members that may be taken of each clip, with the `attempt` in which each is
    tried. Archives that cannot be read are reported and skipped, and so are other members. A
    target counts as a subset, with the clips of its samples.

    Raises:
        AudiosetDuckError: A target is not in the catalog, a subset has no clips, or no archive can
            be read.
    """
    with open_catalog(catalog) as connection:
        targets = sorted(set(subsets).difference(AUDIO_SUBSETS))
        for name in targets:
            require_target(connection, name)
        create_wanted(connection, subsets, targets)
        found = connection.execute("select distinct subset from wanted").fetchall()
        for subset in subsets:
            if (subset,) not in found:
                raise AudiosetDuckError(
                    f"the catalog has no clips of {subset}: its source file is not among"
                    " meta.sources"
                )
        skipped = Skipped()
        _list_members(connection, folder, skipped)
        _name_members(connection, skipped)
        if skipped.counts:
            log.warning("files skipped in %s: %s", folder, skipped)
        _, chosen = render_query("extraction/chosen_members")
        connection.execute(f"create temp table chosen as\n{chosen}")
        yield connection


def _list_members(connection: duckdb.DuckDBPyConnection, folder: Path, skipped: Skipped) -> None:
    """Create the table `members`: the audio files in the archives of a folder."""
    connection.execute(
        "create temp table members (name varchar, archive varchar, archive_fingerprint varchar,"
        " is_divisible boolean, member varchar, part bigint, header_offset bigint,"
        " packed_bytes bigint, bytes bigint)"
    )
    archives = find_archives(folder, skipped)
    unreadable_count = 0
    for archive in progress(archives, name="archives", unit="archive"):
        try:
            listed = list_members(archive, skipped)
        except AudiosetDuckError as error:
            log.warning("%s", error)
            unreadable_count += 1
            continue
        if not listed:
            continue
        columns = zip(Member._fields, zip(*listed, strict=True), strict=True)
        connection.register("listed", pa.table({name: list(values) for name, values in columns}))
        connection.execute(
            "insert into members select name, $archive, $fingerprint, $is_divisible, member,"
            " part, header_offset, packed_bytes, bytes from listed",
            {
                "archive": str(archive),
                "fingerprint": fingerprint(archive),
                "is_divisible": is_divisible(archive),
            },
        )
        connection.unregister("listed")
    if unreadable_count == len(archives):
        raise AudiosetDuckError(
            f"no archive in {folder} can be read, of {unreadable_count:,} found; the warnings say"
            " why"
        )


def _name_members(connection: duckdb.DuckDBPyConnection, skipped: Skipped) -> None:
    """Create the table `named_members`: the members with the clips that their names mean."""
    _, named = render_query("extraction/named_files", relation="members", path="member")
    connection.execute(f"create temp table named_members as\n{named}")
    _, nameless = render_query("extraction/nameless_archives")
    for archive, count, member in connection.execute(nameless).fetchall():
        log.warning(
            "nothing is taken of %s: none of its %d audio files has a YouTube id in its name, as in"
            " %s",
            archive,
            count,
            member,
        )
    ((count, example),) = connection.execute(
        "select count(*), min(archive || '/' || member) from named_members where ytid is null"
    ).fetchall()
    if count:
        skipped.add(NO_ID, example, count)


def find_pending(connection: duckdb.DuckDBPyConnection, layout: str, finished: pa.Table) -> None:
    """Create the temporary table `pending`: the clips to extract, and where their files go.

    A finished clip is extracted again if it was invalid and its archive has changed.

    Args:
        connection: From `plan`.
        layout: `audioset` or `subset`: where the files go.
        finished: From `Journal.finished`.
    """
    _, pending = render_query("extraction/pending_files", layout=layout)
    connection.register("finished", finished)
    connection.execute(f"create or replace temp table pending as\n{pending}")
    connection.unregister("finished")


def units(
    connection: duckdb.DuckDBPyConnection, attempt: int
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Split the pending clips of an attempt into units of work, in the order of their bytes.

    Args:
        connection: With the relation `pending`.
        attempt: From 1; later ones are for clips whose earlier members are invalid.

    Yields:
        The path of the archive, its fingerprint, and for each clip its `ytid`, `member`,
        `header_offset`, `bytes`, `clip_seconds`, and its `places`: `path` below the audio root,
        `subset`, and `is_silence`, whether it has the label Silence in that subset.
    """
    _, query = render_query("extraction/work_units", clips_per_unit=CLIPS_PER_UNIT, attempt=attempt)
    yield from connection.execute(query).fetchall()


def later_attempts(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The rows of `pending` of clips that are in several archives, but for the first."""
    return connection.sql("select * from pending where attempt > 1").to_arrow_table()


def absent_rows(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Rows of the journal for the clips that are in no archive, or only as other parts."""
    _, query = render_query("extraction/absent_clips")
    rows: list[dict[str, Any]] = connection.sql(query).to_arrow_table().to_pylist()
    return rows


def write_missing_files(connection: duckdb.DuckDBPyConnection, audio_root: Path) -> None:
    """Write missing_files/SUBSET.txt: the files that a subset lacks, one name per line."""
    folder = audio_root / MISSING_FOLDER
    folder.mkdir(exist_ok=True)
    _, query = render_query("extraction/missing_files")
    for subset, names in connection.execute(query).fetchall():
        with atomic_write(folder / f"{subset}.txt") as part:
            part.write_text("".join(f"{name}\n" for name in names or ()), encoding="utf-8")
