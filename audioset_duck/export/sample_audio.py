"""What the formats share whose files name or hold the audio of samples."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from audioset_duck.catalog.state import has_inventory
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.export.queries import Queries

log = logging.getLogger(__name__)

# What to do about files that cannot be read.
RESCAN = "update the inventory with audioset-duck scan"
# How many samples are sorted at a time.
_RANGE = 100_000


@dataclass(frozen=True)
class SampleGroup:
    """The samples of a split and role that a format can hold: at least one.

    Attributes:
        split: `train` or `eval`.
        role: Of the four roles.
        sample_count: How many there are.
        first_sample_id: The smallest sample_id.
        last_sample_id: The largest sample_id.
    """

    split: str
    role: str
    sample_count: int
    first_sample_id: int
    last_sample_id: int


def groups_with_files(
    connection: duckdb.DuckDBPyConnection, queries: Queries, form: str, *, parts: bool = False
) -> list[SampleGroup]:
    """Count the samples of a format by split and role.

    A warning says how many others there are, whose audio is part of an archive.

    Args:
        connection: The catalog.
        queries: Of the target.
        form: The name of the format.
        parts: Whether it takes audio that is part of an archive, too.

    Raises:
        AudiosetDuckError: The catalog has no inventory of audio, or there are no such samples.
    """
    if not has_inventory(connection):
        raise AudiosetDuckError(
            f"--format {form} names audio files, but the catalog has no inventory of audio; create"
            " one with audioset-duck extract or audioset-duck scan"
        )
    rows = connection.execute(queries.render("sample_groups")).fetchall()
    groups = [
        SampleGroup(split, role, count if parts else count - group_parts, first, last)
        for split, role, count, group_parts, first, last in rows
    ]
    part_count = sum(group_parts for _, _, _, group_parts, _, _ in rows)
    cure = "audioset-duck extract writes such audio to files"
    if part_count and not parts:
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


def read_samples(
    connection: duckdb.DuckDBPyConnection,
    queries: Queries,
    model: str,
    groups: Sequence[SampleGroup],
    rows: int,
    **variables: Any,
) -> Iterator[pa.RecordBatch]:
    """Read a query about samples in their order, in memory that does not grow with their number.

    Args:
        connection: The catalog.
        queries: Of the target.
        model: The query, which takes `first_sample_id` and `last_sample_id`.
        groups: Groups that together have all samples of the result.
        rows: The largest number of rows of a batch.
        **variables: What the query takes besides.

    Yields:
        Batches of rows.
    """
    first = min(group.first_sample_id for group in groups)
    end = max(group.last_sample_id for group in groups) + 1
    count = sum(group.sample_count for group in groups)
    step = math.ceil((end - first) / math.ceil(count / _RANGE))
    for start in range(first, end, step):
        query = queries.render(
            model, first_sample_id=start, last_sample_id=start + step - 1, **variables
        )
        reader = connection.sql(query).to_arrow_reader(rows)
        yield from reader or ()
