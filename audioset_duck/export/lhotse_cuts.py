"""Cuts for lhotse: `cuts_SPLIT_ROLE.jsonl.gz`, which `lhotse.CutSet.from_file` reads."""

from __future__ import annotations

import gzip
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import soundfile

from audioset_duck.audio.names import FORMATS, ending_of
from audioset_duck.audio.slices import read_audio
from audioset_duck.audio.validation import states_length
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.export.queries import Queries
from audioset_duck.export.sample_audio import (
    RESCAN,
    SampleGroup,
    groups_with_files,
    read_samples,
)
from audioset_duck.filesystem import atomic_write
from audioset_duck.progress import progress

log = logging.getLogger(__name__)

# Headers that are read, and cuts that are written, at a time.
_FILES = 1_000
_CUTS = 10_000
_GZIP_LEVEL = 6
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
        AudiosetDuckError: The catalog lacks an inventory of audio, or no file that can be read.
    """
    groups = groups_with_files(connection, queries, "lhotse")
    reason = _find_recordings(connection, queries)
    written = []
    left_out_count = 0
    for group in groups:
        path = folder / f"cuts_{group.split}_{group.role}.jsonl.gz"
        with atomic_write(path) as part:
            count = _write_cuts(connection, queries, group, part)
        left_out_count += group.sample_count - count
        # lhotse cannot read a file without a cut.
        if count:
            written.append(path)
    # Those of roles that have no samples any more, and what a killed export left.
    for path in set(folder.glob("cuts_*_*.jsonl.gz*")) - set(written):
        path.unlink()
    if left_out_count:
        log.warning(
            "%s samples are left out, since their audio cannot be read or ends before them%s; %s",
            f"{left_out_count:,}",
            f" ({reason})" if reason else "",
            RESCAN,
        )
    return written


def _write_cuts(
    connection: duckdb.DuckDBPyConnection, queries: Queries, group: SampleGroup, path: Path
) -> int:
    """Write the cuts of a split and role, and return their number."""
    batches = read_samples(
        connection, queries, "lhotse_cuts", [group], _CUTS, split=group.split, role=group.role
    )
    count = 0
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as stream,
        progress(name=f"export {path.name}", unit="sample", total=group.sample_count) as bar,
    ):
        for batch in batches:
            stream.writelines(f"{line}\n".encode() for line in batch.column(0).to_pylist())
            count += len(batch)
            bar.update(len(batch))
    return count


def _find_recordings(connection: duckdb.DuckDBPyConnection, queries: Queries) -> str:
    """Create the temporary table `recordings` of the audio files, with what their headers say.

    Returns:
        Why the first file that is not in it cannot be read; empty if all are.

    Raises:
        AudiosetDuckError: No file can be read.
    """
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
        for batch in files.to_batches(_FILES):
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
    if unreadable_count == len(files):
        raise AudiosetDuckError(
            f"none of the {len(files):,} audio files can be read ({reason}); {RESCAN}"
        )
    return reason


def _recording(file: dict[str, Any]) -> dict[str, Any] | str:
    """A row of `recordings`; or why there is none."""
    path = file["audio_path"]
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, RuntimeError) as error:
        # What libsndfile does not know, as m4a, lhotse may read all the same.
        is_known = ending_of(path) in FORMATS
        rate, seconds = file["sample_rate_hz"], file["duration_seconds"]
        if is_known or not (Path(path).is_file() and rate and seconds and file["channels"]):
            return f"{path}: {error}"
        return {
            "audio_path": path,
            "sampling_rate": rate,
            "num_samples": round(seconds * rate),
            "channel_count": file["channels"],
        }
    with Path(path).open("rb") as stream:
        # Where libsndfile does not know the length, the samples are counted.
        length = info.frames if states_length(stream) else len(read_audio(path)[0])
    return {
        "audio_path": path,
        "sampling_rate": info.samplerate,
        "num_samples": length,
        "channel_count": info.channels,
    }
