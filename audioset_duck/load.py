"""Loading: each source file into its staging relation, all sound rows of it or none."""

from __future__ import annotations

import dataclasses
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
from tqdm import tqdm

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.models import Model, create, drop
from audioset_duck.sources import Source, SourceFile, create_fault_macros, judge_lines, read_sql

log = logging.getLogger(__name__)


def load_sources(
    connection: duckdb.DuckDBPyConnection,
    models: list[Model],
    files: list[SourceFile],
    folder: Path,
    bar: tqdm[Any],
    *,
    live: bool,
    skip_bad_rows: bool,
) -> None:
    """Make the staging relations, and note each file in `meta.sources`.

    Two files are read at a time: one thread decompresses while another parses.

    Args:
        connection: The catalog, with the tables of `meta`.
        models: The staging models.
        files: The source files that are there.
        folder: Where the sound rows of a faulty file may be written for a while.
        bar: Counts the models.
        live: Make views over the files.
        skip_bad_rows: Leave rows that are not sound out, and list them in `meta.rejected_rows`.

    Raises:
        AudiosetDuckError: A file cannot be read, holds a row that is not sound, or was changed
            under way.
    """
    staged = {file.source.staging: file for file in files}

    def load(model: Model) -> None:
        bar.set_postfix_str(model.name)
        with connection.cursor() as cursor:
            if file := staged.get(model.name):
                _load(cursor, model, file, folder, live=live, skip_bad_rows=skip_bad_rows)
            else:
                create(cursor, model, live)
        bar.update()

    with ThreadPoolExecutor(max_workers=2) as pool:
        # The largest first, so that no thread is left waiting for it alone.
        by_size = sorted(models, key=lambda model: -_size(staged.get(model.name)))
        for _ in pool.map(load, by_size):
            pass


def _size(file: SourceFile | None) -> int:
    return file.bytes if file else 0


def _load(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    file: SourceFile,
    folder: Path,
    *,
    live: bool,
    skip_bad_rows: bool,
) -> None:
    """Load one file. Only one in which something is wrong is looked at line by line.

    What is sound of it is then written to a file of its own, and loaded by the same model.
    """
    create_fault_macros(connection)
    source = file.source
    rejected = 0
    if failure := _try_load(connection, model, file, live=live):
        if not source.line_fault:
            raise AudiosetDuckError(f"{file.path}: {failure}")
        judge_lines(connection, file)
        rejected = _reject(connection, file, skip_bad_rows=skip_bad_rows)
        if live:
            raise AudiosetDuckError(f"{file.path} needs mending, build without --live: {failure}")
        mended = folder / source.file
        _write_sound_lines(connection, source, mended)
        select = model.select.replace(read_sql(source, file.path), read_sql(source, mended))
        again = dataclasses.replace(model, select=select)
        if failure := _try_load(connection, again, file, live=False):
            raise AudiosetDuckError(f"{file.path}: {failure}")
        mended.unlink()
    connection.execute(
        f"insert into meta.sources select ?, ?, ?, count(*), ? from {model.relation}",
        [file.path.name, file.bytes, file.sha256, rejected],
    )
    file.check_unchanged()


def _try_load(
    connection: duckdb.DuckDBPyConnection, model: Model, file: SourceFile, *, live: bool
) -> str | None:
    """Load a file; say what stopped it, if anything did."""
    drop(connection, model)
    try:
        create(connection, model, live)
        fault = connection.execute(
            f"select {file.source.fault} as fault from {model.relation}"
            " where fault is not null limit 1"
        ).fetchall()
    except duckdb.IOException as error:
        raise AudiosetDuckError(f"{file.path} cannot be read: {_first_line(error)}") from None
    except duckdb.Error as error:
        return _first_line(error)
    return fault[0][0] if fault else None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _reject(connection: duckdb.DuckDBPyConnection, file: SourceFile, *, skip_bad_rows: bool) -> int:
    """Note the rejected rows of a judged file and count them, or raise for the first of them."""
    bad = connection.execute(
        "select line, reason, text, count(*) over () from judged_lines"
        " where reason is not null order by line limit 1"
    ).fetchall()
    if not bad:
        return 0
    line, reason, text, count = bad[0]
    if not skip_bad_rows:
        more = f" ({count - 1} more rows are not sound)" if count > 1 else ""
        raise AudiosetDuckError(
            f"{file.path}, line {line}: {reason}\n    {text[:200]}\n"
            f"Mend the file, or leave such rows out with --skip-bad-rows{more}"
        )
    connection.execute(
        "insert into meta.rejected_rows select ?, line, reason, text from judged_lines"
        " where reason is not null order by line",
        [file.path.name],
    )
    log.warning("%s: %d rows left out, see meta.rejected_rows", file.path, count)
    return int(count)


def _write_sound_lines(connection: duckdb.DuckDBPyConnection, source: Source, path: Path) -> None:
    rows = connection.execute("select text from judged_lines where reason is null order by line")
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"{line or '#'}\n" for line in source.header)
        while batch := rows.fetchmany(100_000):
            stream.writelines(f"{text}\n" for (text,) in batch)
    connection.execute("drop table judged_lines")
