"""What the formats share whose files name or hold the audio of samples."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import duckdb

from audioset_duck.catalog.state import has_inventory
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.export.queries import Queries

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SampleGroup:
    """The samples of a split and role that a format can hold: at least one."""

    split: str
    role: str
    sample_count: int


def groups_with_files(
    connection: duckdb.DuckDBPyConnection, queries: Queries, form: str
) -> list[SampleGroup]:
    """Count the samples whose audio is a file of its own, by split and role.

    A warning says how many others there are, whose audio is part of an archive.

    Args:
        connection: The catalog.
        queries: Of the target.
        form: The name of the format.

    Raises:
        AudiosetDuckError: The catalog has no inventory of audio, or there are no such samples.
    """
    if not has_inventory(connection):
        raise AudiosetDuckError(
            f"--format {form} names audio files, but the catalog has no inventory of audio; create"
            " one with audioset-duck extract or audioset-duck scan"
        )
    rows = connection.execute(queries.render("sample_groups")).fetchall()
    groups = [SampleGroup(split, role, count - parts) for split, role, count, parts in rows]
    part_count = sum(parts for *_, parts in rows)
    cure = "audioset-duck extract writes such audio to files"
    if part_count:
        log.warning(
            "%s samples are left out, since their audio is part of an archive, which --format %s"
            " cannot name; %s",
            f"{part_count:,}",
            form,
            cure,
        )
    found = [group for group in groups if group.sample_count]
    if not found:
        raise AudiosetDuckError(
            "the target has no samples whose audio is a file; "
            + (cure if part_count else "extract more clips, or scan another folder")
        )
    return found
