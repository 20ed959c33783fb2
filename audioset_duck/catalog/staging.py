"""Loading of source files into the staging relations, with all valid rows or an error."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
from tqdm import tqdm

from audioset_duck.catalog.connection import ALIAS
from audioset_duck.catalog.models import Model, Template, render_models
from audioset_duck.catalog.relations import create, drop
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sources.definitions import SOURCES, Source
from audioset_duck.sources.files import (
    SourceFile,
    create_validation_macros,
    read_sql,
    validate_lines,
)

log = logging.getLogger(__name__)


def source_reader(
    files: Iterable[SourceFile], replacements: Mapping[str, Path] | None = None
) -> Callable[[str], str]:
    """Return the function `source()` of the models.

    It takes an official file name, and returns SQL that reads the file; or that selects no rows, if
    the file is missing.

    Args:
        files: The source files that exist.
        replacements: Files to read in place of some of them, by official name.
    """
    paths = {file.source.file: file.path for file in files} | dict(replacements or {})
    by_name = {source.file: source for source in SOURCES}
    return lambda name: read_sql(by_name[name], paths.get(name))


def load_sources(
    connection: duckdb.DuckDBPyConnection,
    templates: Iterable[Template],
    files: list[SourceFile],
    bar: tqdm[Any],
    *,
    live: bool,
    skip_bad_rows: bool,
) -> None:
    """Create the staging relations, and list each file in `meta.sources`.

    Two files are read at a time, so that one is decompressed while the other is parsed.

    Args:
        connection: The catalog, with the tables of `meta`.
        templates: The models.
        files: The source files that exist.
        bar: Progress bar that counts models.
        live: Create views over the files.
        skip_bad_rows: Leave invalid rows out, and list them in `meta.rejected_rows`.

    Raises:
        AudiosetDuckError: A file cannot be read, has an invalid row, or changed while it was read.
    """
    by_staging = {file.source.staging: file for file in files}
    models = render_models(templates, ("staging",), source=source_reader(files))
    # The largest first, so that it is not read alone at the end.
    models.sort(key=lambda model: -by_staging[model.name].bytes if model.name in by_staging else 0)

    def load(model: Model) -> None:
        bar.set_postfix_str(model.name)
        with connection.cursor() as cursor:
            cursor.execute(f"use {ALIAS}")
            if file := by_staging.get(model.name):
                _load(cursor, templates, model, file, live=live, skip_bad_rows=skip_bad_rows)
            else:
                create(cursor, model, live)
        bar.update()

    with ThreadPoolExecutor(max_workers=2) as pool:
        for _ in pool.map(load, models):
            pass
    for file in files:
        ((row_count,),) = connection.execute(
            f"select count(*) from staging.{file.source.staging}"
        ).fetchall()
        ((rejected_count,),) = connection.execute(
            "select count(*) from meta.rejected_rows where file = ?", [file.path.name]
        ).fetchall()
        connection.execute(
            "insert into meta.sources values (?, ?, ?, ?, ?)",
            [file.path.name, file.bytes, file.sha256, row_count, rejected_count],
        )


def _load(
    connection: duckdb.DuckDBPyConnection,
    templates: Iterable[Template],
    model: Model,
    file: SourceFile,
    *,
    live: bool,
    skip_bad_rows: bool,
) -> None:
    """Load one file.

    A file that cannot be loaded as a whole is validated line by line. Its valid lines are then
    written to a temporary file, which the same model loads.
    """
    file.check_whole()
    create_validation_macros(connection)
    if failure := _try_load(connection, model, file, live=live):
        if not file.source.line_error:
            raise AudiosetDuckError(f"{file.path}: {failure}; download it again")
        validate_lines(connection, file)
        _reject(connection, file, skip_bad_rows=skip_bad_rows)
        if live:
            raise AudiosetDuckError(
                f"{file.path} cannot be read by a view ({failure}); use the same line ends in the"
                " whole file, or build without --live"
            )
        with tempfile.TemporaryDirectory() as folder:
            valid_file = Path(folder) / file.source.file
            _write_valid_lines(connection, file.source, valid_file)
            source = source_reader([file], {file.source.file: valid_file})
            (valid_model,) = (
                other
                for other in render_models(templates, ("staging",), source=source)
                if other.name == model.name
            )
            if failure := _try_load(connection, valid_model, file, live=False):
                raise AudiosetDuckError(f"{file.path}: {failure}")
    file.check_unchanged()


def _try_load(
    connection: duckdb.DuckDBPyConnection, model: Model, file: SourceFile, *, live: bool
) -> str | None:
    """Load a file; return what is wrong with it, or None if it is loaded."""
    drop(connection, [model])
    try:
        create(connection, model, live)
        found = connection.execute(
            f"select {file.source.error} as error from {model.relation}"
            " where error is not null limit 1"
        ).fetchall()
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        return str(error).strip().splitlines()[0]
    except UnicodeDecodeError:
        # The message of DuckDB contains the invalid bytes.
        return "it is not UTF-8"
    return found[0][0] if found else None


def _reject(
    connection: duckdb.DuckDBPyConnection, file: SourceFile, *, skip_bad_rows: bool
) -> None:
    """Record the invalid rows of a validated file, or raise for the first of them."""
    bad = connection.execute(
        "select line, reason, text, count(*) over () from validated_lines"
        " where reason is not null order by line limit 1"
    ).fetchall()
    if not bad:
        return
    line, reason, text, count = bad[0]
    if not skip_bad_rows:
        others = f" and {count - 1:,} others are" if count > 1 else " is"
        raise AudiosetDuckError(
            f"{file.path}, line {line}: {reason}\n    {text[:200]}\n"
            f"This row{others} invalid. Fix the file, or skip invalid rows with --skip-bad-rows"
        )
    connection.execute(
        "insert into meta.rejected_rows select ?, line, reason, text from validated_lines"
        " where reason is not null order by line",
        [file.path.name],
    )
    log.warning("%s: skipped invalid rows: %d; see meta.rejected_rows", file.path, count)


def _write_valid_lines(connection: duckdb.DuckDBPyConnection, source: Source, path: Path) -> None:
    """Write the valid lines of a validated file below the header of its source."""
    rows = connection.execute("select text from validated_lines where reason is null order by line")
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"{line or '#'}\n" for line in source.header)
        while batch := rows.fetchmany(100_000):
            stream.writelines(f"{text}\n" for (text,) in batch)
    connection.execute("drop table validated_lines")
