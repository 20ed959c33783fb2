"""AudioSet's metadata files on disk: finding, reading by SQL, and validating them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import check_utf8, placeholder_reason
from audioset_duck.sources.definitions import COMPRESSED_ENDINGS, SOURCES, Source
from audioset_duck.sqltext import glob_literal, identifier, literal, sql_folder

log = logging.getLogger(__name__)

# Longer than any row. DuckDB silently drops a last row that is longer than its buffer.
MAX_LINE_BYTES = 1_000_000

# How much of a file is in memory at once while its lines are validated.
_BATCH_BYTES = 64_000_000


@dataclass(frozen=True)
class SourceFile:
    """A source file on disk.

    Attributes:
        source: Which of the official files it is.
        path: Its absolute path.
        bytes: Its size on disk, in bytes.
        sha256: SHA-256 of its bytes on disk, in hexadecimal.
        modified_ns: When it was last modified, in nanoseconds since 1970.
    """

    source: Source
    path: Path
    bytes: int
    sha256: str
    modified_ns: int = field(compare=False)

    def check_whole(self) -> None:
        """Raise AudiosetDuckError if the file is damaged, cut short, or has an overlong line.

        DuckDB does not notice a wrong checksum in a .gz, nor a missing end of a .zst.
        """
        line, length = 1, 0
        with _reading(self.path) as stream:
            while block := stream.read(1 << 20):
                ends = block.count(b"\n")
                length += block.find(b"\n") if ends else len(block)
                if length > MAX_LINE_BYTES and self.source.line_error:
                    raise AudiosetDuckError(
                        f"{self.path}, line {line}: the row has more than {MAX_LINE_BYTES:,} bytes;"
                        " download the file again"
                    )
                if ends:
                    line += ends
                    length = len(block) - block.rfind(b"\n") - 1

    def check_unchanged(self) -> None:
        """Raise AudiosetDuckError if the file has changed since `find_sources` found it."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            raise AudiosetDuckError(
                f"{self.path} was removed while it was read; put it back and run the build again"
            ) from None
        if (status.st_size, status.st_mtime_ns) != (self.bytes, self.modified_ns):
            raise AudiosetDuckError(
                f"{self.path} was changed while it was read; run the build again"
            )


def find_sources(folder: Path) -> list[SourceFile]:
    """Find the official files in a folder: plain, .gz or .zst, in this order of preference.

    Returns:
        The files that exist, in the order of `SOURCES`.

    Raises:
        AudiosetDuckError: The folder is missing or has none of the files, or a file is empty, cut
            short, or has the header of another file.
    """
    if not check_utf8(folder).is_dir():
        raise AudiosetDuckError(
            f"there is no metadata folder {folder}; name the folder of AudioSet's metadata files"
            " with --metadata DIR, or create it with audioset-duck download"
        )
    found = [
        source_file for source in SOURCES if (source_file := _find(source, folder)) is not None
    ]
    if not found:
        raise AudiosetDuckError(
            f"{folder} has none of AudioSet's metadata files; expected one or more of"
            f" {', '.join(source.file for source in SOURCES)}, plain, .gz or .zst"
        )
    return found


def warn_of_missing(folder: Path, found: Sequence[SourceFile]) -> None:
    """Warn of each source file that is missing, with what the catalog will lack."""
    for source in SOURCES:
        if source not in [source_file.source for source_file in found]:
            log.warning(
                "%s is not in %s: the catalog will have no %s", source.file, folder, source.loss
            )


def read_sql(source: Source, path: Path | None) -> str:
    """Write SQL of a relation that reads a source file.

    Args:
        source: Which official file it is; the relation has its columns and types.
        path: The file on disk; None: the relation has no rows.
    """
    if path is None:
        columns = ", ".join(
            f"cast(null as {kind}) as {identifier(name)}" for name, kind in source.columns.items()
        )
        return f"(select {columns} where false)"
    columns = ", ".join(
        f"{literal(name)}: {literal(kind)}" for name, kind in source.columns.items()
    )
    file = glob_literal(path)
    if not source.line_error:
        return (
            f"read_json({file}, format = 'array', hive_partitioning = false,"
            f" columns = {{{columns}}})"
        )
    return (
        f"read_csv({file}, auto_detect = false, header = false, hive_partitioning = false,"
        f" skip = {len(source.header)}, {source.reader}, columns = {{{columns}}})"
    )


def create_validation_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros of sql/validation.sql, for this connection only."""
    connection.execute((sql_folder() / "validation.sql").read_text(encoding="utf-8"))


def validate_lines(connection: duckdb.DuckDBPyConnection, source_file: SourceFile) -> None:
    """Validate a file line by line, into the temporary table `validated_lines`.

    Its columns are `line` (the line's number, from 1), `text`, and `reason` (what is wrong with the
    line; null if it is valid). Empty lines are skipped, as DuckDB's reader skips them.
    """
    connection.execute(
        "create or replace temp table lines (line bigint, text varchar, reason varchar)"
    )
    for batch in _line_batches(source_file):
        connection.register("line_batch", batch)
        connection.execute("insert into lines select line, text, reason from line_batch")
        connection.unregister("line_batch")
    connection.execute(
        "create or replace temp table validated_lines as select line, text,"
        f" coalesce(reason, {source_file.source.line_error}(text)) as reason from lines"
    )
    connection.execute("drop table lines")


def _line_batches(source_file: SourceFile, rows: int = 100_000) -> Iterator[pa.Table]:
    lines: list[tuple[int, str, str | None]] = []
    size = 0
    with _reading(source_file.path) as stream:
        for number, ended in enumerate(io.BufferedReader(stream), start=1):
            raw = ended.removesuffix(b"\n").removesuffix(b"\r")
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            if number <= len(source_file.source.header) or not raw:
                continue
            try:
                lines.append((number, raw.decode("utf-8"), None))
            except UnicodeDecodeError:
                reason = "the row is not UTF-8; download the file again"
                lines.append((number, raw.decode("latin-1"), reason))
            size += len(raw)
            if len(lines) == rows or size > _BATCH_BYTES:
                yield _line_table(lines)
                lines, size = [], 0
    yield _line_table(lines)


def _line_table(lines: list[tuple[int, str, str | None]]) -> pa.Table:
    numbers, texts, reasons = zip(*lines, strict=True) if lines else ((), (), ())
    return pa.table(
        {
            "line": pa.array(numbers, pa.int64()),
            "text": pa.array(texts, pa.string()),
            "reason": pa.array(reasons, pa.string()),
        }
    )


def _find(source: Source, folder: Path) -> SourceFile | None:
    for ending in COMPRESSED_ENDINGS:
        # Links to files are not resolved, since the ending of the name gives the compression.
        path = folder.resolve() / f"{source.file}{ending}"
        if path.is_file():
            break
    else:
        return None
    status = path.stat()
    _check_header(source, path)
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return SourceFile(source, path, status.st_size, sha256, status.st_mtime_ns)


def _check_header(source: Source, path: Path) -> None:
    """Raise AudiosetDuckError if a file is empty or its first lines are not the source's."""
    with _reading(path) as stream:
        top = stream.read(4096)
    if not top:
        raise AudiosetDuckError(f"{path} is empty; download it again")
    if reason := placeholder_reason(top):
        raise AudiosetDuckError(f"{path} is not {source.file}: {reason}")
    lines = [
        line.removesuffix("\r")
        for line in top.decode("utf-8-sig", errors="replace").split("\n")[: len(source.header)]
    ]
    lines += [""] * (len(source.header) - len(lines))
    for number, (line, wanted) in enumerate(zip(lines, source.header, strict=True), start=1):
        if line == wanted or (wanted is None and line.startswith("#")):
            continue
        others = [other.file for other in SOURCES if other.header[-1:] == (line,)]
        raise AudiosetDuckError(
            f"{path}, line {number}: the header is {line[:120]!r}"
            + (f", that of {others[0]}" if others else "")
            + f"; expected {wanted or 'a comment that begins with #'!r}"
        )


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[pa.NativeFile]:
    """Open a file for reading, decompressed according to its ending; errors name the file."""
    try:
        with pa.input_stream(str(path)) as stream:
            yield stream
    except PermissionError:
        raise AudiosetDuckError(
            f"{path} cannot be read: permission denied; change the file's permissions"
        ) from None
    except OSError as error:
        raise AudiosetDuckError(
            f"{path} is damaged or cut short ({error}); download it again"
        ) from None
