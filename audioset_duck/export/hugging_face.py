"""A Hugging Face dataset: parquet files whose column `audio` the library `datasets` plays."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from audioset_duck.audio.names import Skipped
from audioset_duck.audio.slices import read_audio
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

# Rows of a row group. `datasets` reads a row group as a whole, and writes audio in hundreds itself.
_ROWS = 10_000
_ROWS_WITH_AUDIO = 100
# `datasets` parts what it writes into files of this size.
_FILE_BYTES = 500_000_000

_STRING = ({"dtype": "string", "_type": "Value"}, pa.string())
# A list is written as [type], which all versions of `datasets` understand.
_STRINGS = ([_STRING[0]], pa.list_(pa.string()))
_INTEGER = ({"dtype": "int64", "_type": "Value"}, pa.int64())
_SECONDS = ({"dtype": "float64", "_type": "Value"}, pa.float64())
# The columns: how `datasets` describes each, and its type.
_COLUMNS: dict[str, tuple[Any, pa.DataType]] = {
    "audio": ({"_type": "Audio"}, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    "label": ({"names": ["negative", "positive"], "_type": "ClassLabel"}, pa.int64()),
    "label_ids": _STRINGS,
    "label_names": _STRINGS,
    "start_seconds": _SECONDS,
    "end_seconds": _SECONDS,
    "sample_key": _STRING,
    "role": _STRING,
    "subset": _STRING,
    "clip_id": _STRING,
    "ytid": _STRING,
    "event_id": _INTEGER,
    "window_index": _INTEGER,
    "label_id": _STRING,
    "is_overlapped": ({"dtype": "bool", "_type": "Value"}, pa.bool_()),
}
_FEATURES = {name: feature for name, (feature, _) in _COLUMNS.items()}
_SCHEMA = pa.schema(
    [(name, kind) for name, (_, kind) in _COLUMNS.items()],
    metadata={"huggingface": json.dumps({"info": {"features": _FEATURES}})},
)

_CARD = """\
---
configs:
- config_name: default
  data_files:
{files}---

# {name}

Samples of AudioSet for the target {name}, written by audioset-duck. `label` is 1 if the sample is
positive; `label_ids` are the MIDs of all labels that are active in it.

{audio}"""
_CARD_FILES = "  - split: {split}\n    path: data/{split}-*.parquet\n"
_CARD_PATHS = """\
`audio` is the file of the whole clip, of which a sample is the part from `start_seconds` to
`end_seconds`:

    row["audio"].get_samples_played_in_range(row["start_seconds"], row["end_seconds"])
"""
_CARD_BYTES = """\
`audio` is the sample itself: the mean of the channels, as FLAC of 16 bits at the rate of the file.
`start_seconds` and `end_seconds` are where it was in the clip.

`datasets` decodes it by torchcodec. This reads it without:

    dataset = dataset.cast_column("audio", datasets.Audio(decode=False))
    wav, sample_rate = soundfile.read(io.BytesIO(dataset["train"][0]["audio"]["bytes"]))
"""


def export_hugging_face(
    connection: duckdb.DuckDBPyConnection,
    queries: Queries,
    folder: Path,
    *,
    embed: bool = False,
) -> list[Path]:
    """Write the samples of a target as a dataset that `datasets.load_dataset(folder)` reads.

    Its splits are train and eval, in `data/train-00000.parquet` and so on, and README.md is its
    card. `audio` is the path of a clip's file, of which a sample is the part from `start_seconds`
    to `end_seconds`.

    Args:
        connection: The catalog.
        queries: Of the target.
        folder: Where the files go. Further files of an earlier export are removed.
        embed: Write each sample itself into `audio`, as FLAC of 16 bits, mono, at the rate of its
            file, also if that is part of an archive. Samples that cannot be read are left out,
            with a warning.

    Returns:
        The paths of the files.

    Raises:
        AudiosetDuckError: The catalog lacks an inventory of audio, or no file that can be read.
    """
    groups = groups_with_files(connection, queries, "hf", parts=embed)
    data = folder / "data"
    data.mkdir(exist_ok=True)
    written, unreadable = [], Skipped()
    for split, of_split in itertools.groupby(groups, lambda group: group.split):
        written += _write_split(connection, queries, data, split, list(of_split), unreadable, embed)
    if not written:
        raise AudiosetDuckError(f"no sample can be read: {unreadable}; {RESCAN}")
    if unreadable.counts:
        log.warning("samples left out of %s: %s; %s", folder, unreadable, RESCAN)
    # Those of an export with more files, and what a killed one left.
    for path in set(data.glob("*-[0-9]*.parquet*")) - set(written):
        path.unlink()
    splits = dict.fromkeys(path.name.partition("-")[0] for path in written)
    card = _CARD.format(
        name=queries.target.name,
        files="".join(_CARD_FILES.format(split=split) for split in splits),
        audio=_CARD_BYTES if embed else _CARD_PATHS,
    )
    with atomic_write(folder / "README.md") as part:
        part.write_text(card, encoding="utf-8")
    return [*written, folder / "README.md"]


def _write_split(
    connection: duckdb.DuckDBPyConnection,
    queries: Queries,
    data: Path,
    split: str,
    groups: list[SampleGroup],
    unreadable: Skipped,
    embed: bool,
) -> list[Path]:
    """Write the files of a split: all of them, or none."""
    rows_at_once = _ROWS_WITH_AUDIO if embed else _ROWS
    batches = read_samples(
        connection,
        queries,
        "hugging_face_rows",
        groups,
        rows_at_once,
        split=split,
        is_embedded=embed,
    )
    row_groups: Iterable[pa.Table] = (pa.Table.from_batches([batch]) for batch in batches)
    count = sum(group.sample_count for group in groups)
    paths: list[Path] = []
    with contextlib.ExitStack() as files:
        bar = files.enter_context(progress(name=f"export {split}", unit="sample", total=count))
        if embed:
            pool = files.enter_context(ThreadPoolExecutor())
            row_groups = _with_audio(row_groups, pool, unreadable)
        size = 0
        writer: pq.ParquetWriter | None = None
        for rows in row_groups:
            if writer is None or size >= _FILE_BYTES:
                if writer:
                    writer.close()
                path = data / f"{split}-{len(paths):05d}.parquet"
                part = files.enter_context(atomic_write(path))
                writer = files.enter_context(pq.ParquetWriter(part, _SCHEMA))
                paths.append(path)
                size = 0
            writer.write_table(rows.select(_SCHEMA.names).cast(_SCHEMA))
            size += rows.nbytes
            bar.update(len(rows))
    return paths


def _with_audio(
    row_groups: Iterable[pa.Table], pool: ThreadPoolExecutor, unreadable: Skipped
) -> Iterator[pa.Table]:
    """Replace the paths of samples by their audio; leave out those that cannot be read."""
    for rows in row_groups:
        audio = []
        # libsndfile does not block other threads.
        for found in pool.map(_read, rows.to_pylist()):
            if isinstance(found, str):
                unreadable.add("whose audio cannot be read", found)
            audio.append(found if isinstance(found, dict) else None)
        column = pa.array(audio, _SCHEMA.field("audio").type)
        is_read = column.is_valid()
        if is_read.true_count:
            yield rows.set_column(0, "audio", column).filter(is_read)


def _read(row: dict[str, Any]) -> dict[str, Any] | str:
    """The slice of a sample as an audio file; or why there is none."""
    try:
        samples, rate = read_audio(
            row["audio"]["path"],
            row["start_seconds"],
            row["end_seconds"],
            row["byte_offset"],
            row["byte_count"],
        )
    except AudiosetDuckError as error:
        return str(error)
    # libsndfile would scale by 32,767, which changes samples of 16 bits.
    scaled = np.clip(np.rint(samples * 2**15), -(2**15), 2**15 - 1).astype(np.int16)
    written = io.BytesIO()
    soundfile.write(written, scaled, rate, format="FLAC", subtype="PCM_16")
    return {"bytes": written.getvalue(), "path": f"{row['sample_key']}.flac"}
