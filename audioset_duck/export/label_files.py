"""Text files of events: label tracks for Audacity, event lists for the tools of DCASE."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import duckdb

from audioset_duck.export.queries import Queries
from audioset_duck.filesystem import atomic_write
from audioset_duck.progress import progress
from audioset_duck.sqltext import literal

log = logging.getLogger(__name__)


def export_audacity(
    connection: duckdb.DuckDBPyConnection, queries: Queries, folder: Path
) -> list[Path]:
    """Write the positive events of each clip as a label track, `SUBSET/CLIP_ID.txt`.

    A line has the start and end of an event in seconds from the start of the clip, and the name of
    its label, with tabs between. Audacity reads it with File > Import > Labels.

    Args:
        connection: The catalog.
        queries: Of the target.
        folder: Where the files go.

    Returns:
        The folders of the subsets, which have too many files to list.
    """
    rows = connection.execute(queries.render("audacity_labels")).fetchall()
    folders = {}
    clips = itertools.groupby(progress(rows, name="export", unit="event"), lambda row: row[:2])
    for (subset, clip_id), events in clips:
        path = folder / subset / f"{clip_id}.txt"
        path.parent.mkdir(exist_ok=True)
        with atomic_write(path) as part, part.open("w", encoding="utf-8") as stream:
            stream.writelines(f"{start}\t{end}\t{title}\n" for *_, start, end, title in events)
        folders[path.parent] = True
    return list(folders)


def export_dcase(
    connection: duckdb.DuckDBPyConnection, queries: Queries, folder: Path
) -> list[Path]:
    """Write the events of a target as the tools of DCASE read them, for each strong subset.

    `SUBSET.tsv` has filename, onset, offset and event_label, which is the target. Its events that
    overlap or touch are joined. `SUBSET_durations.tsv` has filename and duration of all clips that
    a detector is evaluated on, those without the target too.

    Args:
        connection: The catalog. If it has an inventory of audio, clips without audio are left out,
            with a warning; without one, files are named after their clips.
        queries: Of the target.
        folder: Where the files go.

    Returns:
        The paths of the files.
    """
    connection.execute(
        f"create or replace temp table dcase_clips as {queries.render('dcase_clips')}"
    )
    subsets = connection.execute(
        "select subset, count(*) filter (where not has_audio) from dcase_clips group by subset"
        " order by main.subset_place(subset)"
    ).fetchall()
    paths = []
    for subset, left_out_count in subsets:
        for name, model in ((subset, "dcase_events"), (f"{subset}_durations", "dcase_durations")):
            path = folder / f"{name}.tsv"
            query = queries.render(model, subset=subset)
            with atomic_write(path) as part:
                connection.execute(
                    f"copy ({query}) to {literal(str(part))}"
                    " (format csv, delimiter '\t', header, quote '')"
                )
            paths.append(path)
        if left_out_count:
            log.warning(
                "%s clips of %s have no audio and are left out; extract them, or scan their folder",
                f"{left_out_count:,}",
                subset,
            )
    return paths
