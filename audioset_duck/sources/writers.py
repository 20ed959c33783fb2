"""The official formats of AudioSet's metadata files, written."""

from __future__ import annotations

from pathlib import Path

import duckdb

from audioset_duck.sqltext import literal


def write_strong(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write events as a .tsv of the strong sets; `query` has its columns, times with 3 decimals."""
    _copy(connection, query, path, "format csv, delimiter '\t', header, quote ''")


def write_weak(connection: duckdb.DuckDBPyConnection, query: str, path: Path, title: str) -> None:
    """Write clips as a .csv of the weak sets.

    Args:
        connection: Where to fetch_rows.
        query: Its columns are ytid, start_seconds, end_seconds, label_ids.
        path: The file.
        title: What it holds, for the first line.
    """
    ((videos, clips, labels, positive_labels),) = connection.execute(f"""
        with clips as ({query}),

        clip_labels as (select unnest(clips.label_ids) as label_id from clips)

        select
            (select count(distinct clips.ytid) from clips),
            (select count(*) from clips),
            (select count(distinct clip_labels.label_id) from clip_labels),
            (select count(*) from clip_labels)
    """).fetchall()
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
    """Write labels as mid_to_display_name.tsv; `query` gives MID and name."""
    _copy(connection, query, path, "format csv, delimiter '\t', header false, quote ''")


def write_weak_labels(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write labels as class_labels_indices.csv; `query` has its columns."""
    options = "format csv, header false, quote '\"', force_quote (display_name)"
    _copy(connection, query, path, options, header="index,mid,display_name\n")


def write_ontology(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write classes as ontology.json; `query` has its fields."""
    _copy(connection, query, path, "format json, array true")


def _copy(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str, header: str = ""
) -> None:
    """Let DuckDB write the rows of a query, below a header that it could not write itself."""
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
