"""Delimited text files of a user, such as csv: read by SQL, without guesses."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import duckdb
import pyarrow as pa

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import glob_literal, literal
from audioset_duck.wording import counted

# The most bytes that a header has.
_HEADER_BYTES = 1_000_000
_DELIMITERS = (",", "\t", ";", "|")
_LINE = re.compile(r"CSV Error on Line: (\d+)")
_COLUMNS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
# What stands above the advice that DuckDB gives.
_REASON = re.compile(r"\n(.+)\n+Possible ")


def delimited_sql(path: Path) -> str:
    """Write SQL of a relation that reads a csv or tsv file; its columns are texts.

    The header is read here. By DuckDB's own detection, what stands above a change of the number of
    columns would be a preamble, and be left out without a word.

    Args:
        path: The file, plain, .gz or .zst. Its columns are delimited by commas, tabs, semicolons or
            bars, whichever its header has most of.

    Raises:
        AudiosetDuckError: It has no header, is damaged or not UTF-8.
    """
    header, blank_count = _header(path)
    delimiter = max(_DELIMITERS, key=header.count)
    (fields,) = csv.reader([header], delimiter=delimiter)
    names: list[str] = []
    for number, field in enumerate(fields):
        name = field.strip() or f"column{number}"
        # Names of columns do not depend on case.
        while name.lower() in (other.lower() for other in names):
            name += "_"
        names.append(name)
    columns = ", ".join(f"{literal(name)}: 'varchar'" for name in names)
    return (
        f"read_csv({glob_literal(path)}, auto_detect = false, header = true,"
        f" skip = {blank_count}, hive_partitioning = false, delim = {literal(delimiter)},"
        f" quote = '\"', escape = '\"', columns = {{{columns}}})"
    )


def reading_error(error: duckdb.Error, path: Path) -> str:
    """What is wrong with a file that DuckDB cannot read, in a phrase."""
    text = str(error).strip()
    record = _LINE.search(text)
    if record is None:
        return text.splitlines()[0]
    line = line_of(path, int(record[1]), counts_blank=True)
    if counts := _COLUMNS.search(text):
        return (
            f"line {line:,} has {counted(int(counts[2]), 'column')}; expected {counts[1]}, as its"
            " header has; values that contain the delimiter need quotes"
        )
    reason = _REASON.search(text)
    return f"line {line:,}: {reason[1] if reason else text.splitlines()[-1]}"


def line_of(path: Path, record: int, *, counts_blank: bool = False) -> int:
    """Find the line of a csv or tsv file at which a record begins.

    A blank line is not a record, and one with line breaks in quotes takes several lines.

    Args:
        path: The file, plain, .gz or .zst.
        record: The number of the record, from 1, which is the header.
        counts_blank: Whether blank lines are counted as records, as in errors of DuckDB.
    """
    count, is_quoted = 0, False
    with (
        pa.input_stream(str(path)) as stream,
        io.TextIOWrapper(io.BufferedReader(stream), "utf-8", "replace") as lines,
    ):
        for number, line in enumerate(lines, start=1):
            if not is_quoted and (counts_blank or line != "\n"):
                count += 1
                if count == record:
                    return number
            is_quoted ^= line.count('"') % 2 == 1
    return record


def _header(path: Path) -> tuple[str, int]:
    """The first line of a file that is not blank, and how many lines are above it."""
    try:
        with pa.input_stream(str(path)) as stream:
            data = stream.read(_HEADER_BYTES)
    except OSError as error:
        raise AudiosetDuckError(f"{path} is damaged or cannot be opened: {error}") from None
    rest = data.lstrip(b"\r\n")
    blank_count = len(data.removesuffix(rest).splitlines())
    first = re.split(rb"[\r\n]", rest, maxsplit=1)[0]
    try:
        header = first.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AudiosetDuckError(f"{path} is not UTF-8; save it as UTF-8") from None
    if not header.strip():
        raise AudiosetDuckError(f"{path} has no header; expected the names of columns")
    return header, blank_count
