"""Parquet files with a column of audio, as those of the Hugging Face hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audioset_duck.audio.members import MAX_MEMBER_BYTES, Member, MemberError, too_large
from audioset_duck.audio.names import ID_NAMES, Skipped
from audioset_duck.errors import AudiosetDuckError

# How many clips are in memory at once.
_BATCH_ROWS = 8
_BUFFER_BYTES = 1 << 20
# How many names are in memory at once, and how much they take at most, each and in all.
_BATCH_NAMES = 1000
_MOST_NAME_BYTES, _SPARE_BYTES = 1 << 14, 1 << 20
_DAMAGED = (pa.ArrowException, OSError, UnicodeDecodeError)


def list_members(archive: Path, skipped: Skipped) -> Iterator[Member]:
    """List the rows of a parquet file, without reading audio.

    A clip is named by a column beside the audio, such as `video_id`, or by the path in it.

    Args:
        archive: A parquet file with a column that is a struct of `bytes` and perhaps `path`, or of
            bytes alone.
        skipped: Where rows without a name are counted.

    Raises:
        AudiosetDuckError: It is not a whole parquet file, or has no column of audio, or none that
            names a clip, or no rows, or more rows than clips fit into it.
    """
    file = _open(archive)
    column, path = _audio_columns(archive, file.schema_arrow)
    if not file.metadata.num_rows:
        raise AudiosetDuckError(f"{archive} has no rows")
    # A few bytes can stand for any number of equal values.
    if file.metadata.num_rows > archive.stat().st_size:
        raise AudiosetDuckError(
            f"{archive} would have {file.metadata.num_rows:,} rows in {archive.stat().st_size:,}"
            " bytes; expected some bytes of audio in each row"
        )
    names = [
        name
        for name in ID_NAMES
        if name in file.schema_arrow.names and _is_text(file.schema_arrow.field(name).type)
    ]
    columns = [*names[:1], *([path] if path else [])]
    if not columns:
        raise AudiosetDuckError(
            f"{archive} has no column that names the clip of its {column!r}; expected one of"
            f" {', '.join(ID_NAMES)}, or a path beside the bytes"
        )
    try:
        yield from _read_names(archive, file, columns, skipped)
    except _DAMAGED as error:
        raise _damaged(archive, error) from None


def _read_names(
    archive: Path, file: pq.ParquetFile, columns: list[str], skipped: Skipped
) -> Iterator[Member]:
    """Read the rows, without audio, some at a time."""
    number = 0
    for group in range(file.num_row_groups):
        metadata = file.metadata.row_group(group)
        size = metadata.total_byte_size // max(1, metadata.num_rows)
        for column in columns:
            if _column_bytes(file, group, column) > (
                metadata.num_rows * _MOST_NAME_BYTES + _SPARE_BYTES
            ):
                raise AudiosetDuckError(
                    f"{archive} has {_column_bytes(file, group, column):,} bytes of {column} in"
                    f" {metadata.num_rows:,} rows; expected names of clips"
                )
        for batch in file.iter_batches(_BATCH_NAMES, row_groups=[group], columns=columns):
            rows = pa.Table.from_batches([batch]).flatten()
            texts = [rows[name].to_pylist() for name in columns]
            for values in zip(*texts, strict=True):
                named = [value for value in values if value]
                if named:
                    yield Member(named[0], named[-1], group, number, size, size)
                else:
                    skipped.add("without a name", f"{archive}, row {number}")
                number += 1


def _column_bytes(file: pq.ParquetFile, group: int, column: str) -> int:
    """How many bytes a column has in a row group, unpacked."""
    metadata = file.metadata.row_group(group)
    chunks = (metadata.column(number) for number in range(metadata.num_columns))
    return sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema == column)


def read_members(archive: Path, places: Sequence[tuple[int, int]]) -> Iterator[bytes | MemberError]:
    """Read the audio of rows of a parquet file.

    Args:
        archive: The parquet file.
        places: Of each row its number from 0, ascending, and a size that is not used.

    Yields:
        The bytes of each row, or why it has none.

    Raises:
        OSError: The file cannot be read.
    """
    waiting = [row for row, _ in places]
    try:
        file = _open(archive)
        column, _ = _audio_columns(archive, file.schema_arrow)
        first = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            wanted = {row - first for row in waiting if row < first + count}
            for data in _read_rows(file, group, column, wanted) if wanted else ():
                waiting.pop(0)
                yield data
            first += count
    except (*_DAMAGED, AudiosetDuckError) as error:
        reason = str(error).splitlines()[0]
        for _ in waiting:
            yield MemberError("corrupted", f"the parquet file cannot be read: {reason}")


def _read_rows(
    file: pq.ParquetFile, group: int, column: str, wanted: set[int]
) -> Iterator[bytes | MemberError]:
    count = file.metadata.row_group(group).num_rows
    if _column_bytes(file, group, column) > count * MAX_MEMBER_BYTES:
        for _ in wanted:
            yield MemberError(
                "wrong_format",
                f"its row group has {_column_bytes(file, group, column):,} bytes of audio in"
                f" {count:,} rows, more than clips have",
            )
        return
    number = 0
    for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=[column]):
        values = pa.Table.from_batches([batch]).flatten().column(0)
        for value in values:
            if number in wanted:
                data = value.as_py()
                yield (
                    MemberError("empty", "the row has no bytes")
                    if data is None
                    else too_large(len(data)) or data
                )
            number += 1


def _open(archive: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(archive, pre_buffer=False, buffer_size=_BUFFER_BYTES)
    except _DAMAGED as error:
        raise _damaged(archive, error) from None


def _damaged(archive: Path, error: Exception) -> AudiosetDuckError:
    reason = str(error).splitlines()[0]
    return AudiosetDuckError(f"{archive} is not a whole parquet file ({reason}); download it again")


def _audio_columns(archive: Path, schema: pa.Schema) -> tuple[str, str | None]:
    """The columns of the bytes and of the paths, if there are any."""
    repeated = [name for name, count in Counter(schema.names).items() if count > 1]
    if repeated:
        raise AudiosetDuckError(
            f"{archive} has several columns with the name {', '.join(repeated)}; rename them"
        )
    fields = sorted(schema, key=lambda field: field.name != "audio")
    for field in fields:
        if pa.types.is_struct(field.type):
            inner = {child.name: child.type for child in field.type}
            if "bytes" in inner and _is_bytes(inner["bytes"]):
                has_path = "path" in inner and _is_text(inner["path"])
                return f"{field.name}.bytes", f"{field.name}.path" if has_path else None
    for field in fields:
        if _is_bytes(field.type):
            return field.name, None
    raise AudiosetDuckError(
        f"{archive} has no column of audio; expected a struct of bytes and path, or bytes; its"
        f" columns are {', '.join(schema.names)}"
    )


def _is_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string())


def _is_bytes(kind: pa.DataType) -> bool:
    return kind in (pa.binary(), pa.large_binary())
