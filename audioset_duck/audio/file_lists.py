"""Lists of audio files, as training repositories have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from audioset_duck.audio.names import ID_NAMES
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sources.delimited import delimited_sql, reading_error
from audioset_duck.sqltext import glob_literal, identifier

# Readers by ending, beside text. The JSON of AST has its rows in a list named data.
_READERS = {
    ".json": "read_json({file}, hive_partitioning = false, maximum_object_size = 2147483647)",
    ".jsonl": "read_json({file}, hive_partitioning = false, format = 'newline_delimited')",
    ".parquet": "read_parquet({file}, hive_partitioning = false)",
}
_DELIMITED = (".csv", ".tsv")
# Names of the column with the path, the most telling first.
_PATHS = ("audio_path", "path", "wav", "audio_filepath", "filename", "file_name", "file", "audio")


def read_list(list_file: Path) -> Iterator[tuple[str, str | None]]:
    """Read the paths of a list, and the ids that stand beside them.

    Relative paths start from the folder of the list. The columns are found by their usual names.

    Args:
        list_file: A csv, tsv, json, jsonl or parquet file; the JSON of AST, too.

    Raises:
        AudiosetDuckError: The list cannot be read, or has no column of paths.
    """
    ending = list_file.suffix.lower()
    if ending not in (*_DELIMITED, *_READERS) or not list_file.is_file():
        problem = "there is no list" if not list_file.is_file() else "no list of audio files is"
        endings = ", ".join((*_DELIMITED, *_READERS))
        raise AudiosetDuckError(f"{problem} {list_file}; expected a file ending in {endings}")
    file = list_file.resolve()
    reader = _READERS.get(ending)
    source = reader.format(file=glob_literal(file)) if reader else delimited_sql(file)
    with duckdb.connect() as connection:
        try:
            columns = connection.sql(f"select * from {source} limit 0").columns
            if "data" in columns and ending == ".json":
                source = f"(select unnest(data, recursive := true) from {source})"
                columns = connection.sql(f"select * from {source} limit 0").columns
            path = next((name for name in _PATHS if name in columns), None)
            ytid = next((name for name in ID_NAMES if name in columns and name != path), None)
            if path is None:
                raise AudiosetDuckError(
                    f"{list_file} has no column of paths; expected one of {', '.join(_PATHS)},"
                    f" found {', '.join(columns)}"
                )
            named = f"cast({identifier(ytid)} as varchar)" if ytid else "null"
            rows = connection.execute(
                f"select cast({identifier(path)} as varchar), {named} from {source}"
                f" where {identifier(path)} is not null"
            )
            while batch := rows.fetchmany(10_000):
                for file, name in batch:
                    yield str((list_file.parent / file).resolve()), name
        except duckdb.Error as error:
            raise AudiosetDuckError(
                f"{list_file} cannot be read as a list: {reading_error(error, list_file)}"
            ) from None
