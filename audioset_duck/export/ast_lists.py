"""Lists of files for AST and the repositories that share its form."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from audioset_duck.export.queries import Queries
from audioset_duck.export.sample_audio import groups_with_files
from audioset_duck.filesystem import atomic_write
from audioset_duck.sources.writers import write_weak_labels

_BATCH = 10_000


def export_ast(connection: duckdb.DuckDBPyConnection, queries: Queries, folder: Path) -> list[Path]:
    """Write the clips of a target's samples as lists of files, as AST reads them.

    AST reads whole files, so a row is a clip, with all its labels. A list is `SPLIT.json`, and
    `class_labels_indices.csv` has the official labels under their numbers, then the further labels
    of the strong subsets.

    Args:
        connection: The catalog.
        queries: Of the target.
        folder: Where the files go.

    Returns:
        The paths of the files.

    Raises:
        AudiosetDuckError: The catalog lacks an inventory of audio, or none of files.
    """
    groups_with_files(connection, queries, "ast")
    paths = []
    for split in ("train", "eval"):
        path = folder / f"{split}.json"
        result = connection.execute(queries.render("ast_clips", split=split))
        with atomic_write(path) as part, part.open("w", encoding="utf-8") as stream:
            stream.write('{"data": [')
            separator = "\n"
            while rows := result.fetchmany(_BATCH):
                for video_id, wav, labels in rows:
                    row = {"video_id": video_id, "wav": wav, "labels": labels}
                    stream.write(f"{separator}{json.dumps(row)}")
                    separator = ",\n"
            stream.write("\n]}\n")
        paths.append(path)
    labels = folder / "class_labels_indices.csv"
    with atomic_write(labels) as part:
        write_weak_labels(connection, queries.render("ast_labels"), part)
    return [*paths, labels]
