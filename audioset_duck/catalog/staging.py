"""Loading: each source file into its staging relation, all sound rows of it or none."""

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
from audioset_duck.catalog.models import Model, Template, create, drop, render_models
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sources.definitions import SOURCES, Source
from audioset_duck.sources.files import (
    SourceFile,
    create_validation_macros,
    read_sql,
    validate_lines,
)

log = logging.getLogger(__name__)


def source_sql(
    files: Iterable[SourceFile], instead: Mapping[str, Path] | None = None
) -> Callable[[str], str]:
    """What `source()` is in the models: SQL that reads the file of a name, if it is there.

    Args:
        files: The source files that are there.
        instead: Other files to read for some of them, by official name.
    """
    paths = {file.source.file: file.path for file in files} | dict(instead or {})
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
    """Make the staging relations, and note each file in `meta.sources`.

    Two files are read at a time: one thread decompresses while another parses.

    Args:
        connection: The catalog, with the tables of `meta`.
        templates: The models.
        files: The source files that are there.
        bar: Counts the models.
        live: Make views over the files.
        skip_bad_rows: Leave rows that are not sound out, and list them in `meta.rejected_rows`.

    Raises:
        AudiosetDuckError: A file cannot be read, holds a row that is not sound, or was changed
            under way.
    """
    by_staging = {file.source.staging: file for file in files}
    models = render_models(templates, ("staging",), source=source_sql(files))
    # The largest first, so that no thread is left waiting for it alone.
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
        connection.execute(
            "insert into meta.sources select $file, $bytes, $sha256, count(*), ("
            "    select count(*) from meta.rejected_rows where file = $file"
            f") from staging.{file.source.staging}",
            {"file": file.path.name, "bytes": file.bytes, "sha256": file.sha256},
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
    """Load one file. Only one in which something is wrong is looked at line by line.

    What is sound of it is then written to a file of its own, and loaded by the same model.
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
                f"{file.path} cannot be read as it is ({failure}); end all its lines alike, or"
                " build without --live"
            )
        with tempfile.TemporaryDirectory() as folder:
            mended = Path(folder) / file.source.file
            _write_sound_lines(connection, file.source, mended)
            source = source_sql([file], {file.source.file: mended})
            (again,) = (
                other
                for other in render_models(templates, ("staging",), source=source)
                if other.name == model.name
            )
            if failure := _try_load(connection, again, file, live=False):
                raise AudiosetDuckError(f"{file.path}: {failure}")
    file.check_unchanged()


def _try_load(
    connection: duckdb.DuckDBPyConnection, model: Model, file: SourceFile, *, live: bool
) -> str | None:
    """Load a file; say what in it stopped that, if anything did."""
    drop(connection, model)
    try:
        create(connection, model, live)
        found = connection.execute(
            f"select {file.source.error} as error from {model.relation}"
            " where error is not null limit 1"
        ).fetchall()
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        return str(error).strip().splitlines()[0]
    except UnicodeDecodeError:
        # DuckDB's own message has the bytes in it.
        return "it is not UTF-8"
    return found[0][0] if found else None


def _reject(
    connection: duckdb.DuckDBPyConnection, file: SourceFile, *, skip_bad_rows: bool
) -> None:
    """Note the rejected rows of a judged file, or raise for the first of them."""
    bad = connection.execute(
        "select line, reason, text, count(*) over () from validated_lines"
        " where reason is not null order by line limit 1"
    ).fetchall()
    if not bad:
        return
    line, reason, text, count = bad[0]
    if not skip_bad_rows:
        more = f" (so are {count - 1:,} more)" if count > 1 else ""
        raise AudiosetDuckError(
            f"{file.path}, line {line}: {reason}\n    {text[:200]}\n"
            f"This row is not sound{more}: mend the file, or leave such rows out with"
            " --skip-bad-rows"
        )
    connection.execute(
        "insert into meta.rejected_rows select ?, line, reason, text from validated_lines"
        " where reason is not null order by line",
        [file.path.name],
    )
    log.warning("%s: rows left out: %d, see meta.rejected_rows", file.path, count)


def _write_sound_lines(connection: duckdb.DuckDBPyConnection, source: Source, path: Path) -> None:
    rows = connection.execute("select text from validated_lines where reason is null order by line")
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"{line or '#'}\n" for line in source.header)
        while batch := rows.fetchmany(100_000):
            stream.writelines(f"{text}\n" for (text,) in batch)
    connection.execute("drop table validated_lines")
