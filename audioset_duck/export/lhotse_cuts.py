"""Cuts for lhotse: `cuts_SPLIT_ROLE.jsonl.gz`, which `lhotse.CutSet.from_file` reads."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import soundfile

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.export.queries import Queries
from audioset_duck.export.sample_audio import groups_with_files
from audioset_duck.filesystem import atomic_write
from audioset_duck.progress import progress
from audioset_duck.sqltext import literal

log = logging.getLogger(__name__)

# The headers that are read at a time.
_BATCH = 10_000
_RECORDINGS = pa.schema(
    [
        ("audio_path", pa.string()),
        ("sampling_rate", pa.int64()),
        ("num_samples", pa.int64()),
        ("channel_count", pa.int64()),
    ]
)


def export_lhotse(
    connection: duckdb.DuckDBPyConnection, queries: Queries, folder: Path
) -> list[Path]:
    """Write the samples of a target as cuts of lhotse, a file for each split and role.

    A cut has the key of its sample as id, the audio file as recording, and one supervision with
    the labels: `text` their names, `audio_event` their MIDs as lhotse's `AudioTaggingDataset` takes
    them. `cut.is_positive`, `cut.role` and more are custom fields. Rate, length and channels are
    those in the header of each file. A file with several channels gives a `MultiCut`, as
    `Recording.to_cut` does.

    Args:
        connection: The catalog.
        queries: Of the target.
        folder: Where the files go. Files of roles without samples are removed.

    Returns:
        The paths of the files.

    Raises:
        AudiosetDuckError: There is no inventory of audio, or no file that can be read.
    """
    groups = groups_with_files(connection, queries, "lhotse")
    _find_recordings(connection, queries)
    written = []
    for group in progress(groups, name="export", unit="file"):
        query = queries.render("lhotse_cuts", split=group.split, role=group.role)
        path = folder / f"cuts_{group.split}_{group.role}.jsonl.gz"
        with atomic_write(path) as part:
            ((count,),) = connection.execute(
                f"copy ({query}) to {literal(str(part))} (format json, compression gzip)"
            ).fetchall()
        # lhotse cannot read a file without a cut.
        if count:
            written.append(path)
    for path in set(folder.glob("cuts_*_*.jsonl.gz")) - set(written):
        path.unlink()
    return written


def _find_recordings(connection: duckdb.DuckDBPyConnection, queries: Queries) -> None:
    """Create the temporary table `recordings` of the audio files, with what their headers say."""
    connection.execute(
        "create or replace temp table recordings"
        " (audio_path varchar, sampling_rate bigint, num_samples bigint, channel_count bigint)"
    )
    files = connection.sql(queries.render("lhotse_files")).to_arrow_table()
    unreadable_count, reason = 0, ""
    with (
        ThreadPoolExecutor() as pool,
        progress(name="read headers", unit="file", total=len(files)) as bar,
    ):
        for batch in files.to_batches(_BATCH):
            recordings = []
            for recording in pool.map(_recording, batch.to_pylist()):
                if isinstance(recording, dict):
                    recordings.append(recording)
                else:
                    unreadable_count += 1
                    reason = reason or recording
            connection.register("found", pa.Table.from_pylist(recordings, _RECORDINGS))
            connection.execute("insert into recordings from found")
            connection.unregister("found")
            bar.update(len(batch))
    cure = "update the inventory with audioset-duck scan"
    if unreadable_count == len(files):
        raise AudiosetDuckError(
            f"none of the {len(files):,} audio files can be read ({reason}); {cure}"
        )
    if unreadable_count:
        log.warning(
            "the samples of %s audio files are left out, since they cannot be read (%s); %s",
            f"{unreadable_count:,}",
            reason,
            cure,
        )


def _recording(file: dict[str, Any]) -> dict[str, Any] | str:
    """A row of `recordings`; or why there is none."""
    path = file["audio_path"]
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, RuntimeError) as error:
        rate, seconds = file["sample_rate_hz"], file["duration_seconds"]
        # Other readers than libsndfile have read it, as lhotse may.
        if Path(path).is_file() and rate and seconds and file["channels"]:
            return {
                "audio_path": path,
                "sampling_rate": rate,
                "num_samples": round(seconds * rate),
                "channel_count": file["channels"],
            }
        return f"{path}: {error}"
    return {
        "audio_path": path,
        "sampling_rate": info.samplerate,
        "num_samples": info.frames,
        "channel_count": info.channels,
    }
