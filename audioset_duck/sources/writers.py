"""Writers of the formats that a build reads: AudioSet's metadata files, and marks of listeners."""

from __future__ import annotations

from pathlib import Path

import duckdb

from audioset_duck.sqltext import literal


def write_strong(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write events as a .tsv file of a strong subset.

    Args:
        connection: The connection to run the query on.
        query: A SELECT of the file's columns; times have 3 decimals.
        path: The file.
    """
    _copy(connection, query, path, "format csv, delimiter '\t', header, quote ''")


def write_weak(connection: duckdb.DuckDBPyConnection, query: str, path: Path, title: str) -> None:
    """Write clips as a .csv file of a weak subset.

    Args:
        connection: The connection to run the query on.
        query: A SELECT of ytid, start_seconds, end_seconds and label_ids.
        path: The file.
        title: What the file holds, for its first line.
    """
    ((videos, clips, positive_labels),) = connection.execute(
        f"select count(distinct ytid), count(*), coalesce(sum(len(label_ids)), 0) from ({query})"
    ).fetchall()
    ((labels,),) = connection.execute(
        f"select count(distinct label) from (select unnest(label_ids) as label from ({query}))"
    ).fetchall()
    _copy(
        connection,
        "select ytid, start_seconds, end_seconds, array_to_string(label_ids, ',') as labels"
        f" from ({query})",
        path,
        "format csv, delimiter ', ', header false, quote '\"', force_quote (labels)",
        header=(
            f"# Segments csv of audioset-duck: {title}\n"
            f"# num_ytids={videos}, num_segs={clips}, num_unique_labels={labels}, "
            f"num_positive_labels={positive_labels}\n"
            "# YTID, start_seconds, end_seconds, positive_labels\n"
        ),
    )


def write_strong_labels(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write labels as mid_to_display_name.tsv; `query` selects MID and name."""
    _copy(connection, query, path, "format csv, delimiter '\t', header false, quote ''")


def write_weak_labels(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write labels as class_labels_indices.csv; `query` selects its columns."""
    options = "format csv, header false, quote '\"', force_quote (display_name)"
    _copy(connection, query, path, options, header="index,mid,display_name\n")


def write_ontology(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write classes as ontology.json; `query` selects its fields."""
    _copy(connection, query, path, "format json, array true")


def write_marks(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write marks of wrong labels as a file of corrections; `query` selects its columns."""
    _copy(connection, query, path, "format csv, header")


def _copy(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str, header: str = ""
) -> None:
    """Write the rows of a query with `copy`, below a header that `copy` cannot write."""
    rows = path.with_name(f"{path.name}.rows") if header else path
    try:
        connection.execute(f"copy ({query}) to {literal(str(rows))} ({options})")
        if header:
            with path.open("wb") as stream, rows.open("rb") as lines:
                stream.write(header.encode())
                while block := lines.read(1 << 20):
                    stream.write(block)
    finally:
        if header:
            rows.unlink(missing_ok=True)
