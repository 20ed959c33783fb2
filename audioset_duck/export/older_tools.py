"""The text files that users of other AudioSet tools know, written from the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from audioset_duck.catalog.state import built_target
from audioset_duck.config.targets import Target
from audioset_duck.export.queries import Queries
from audioset_duck.filesystem import atomic_write, exclusive_folder
from audioset_duck.progress import progress
from audioset_duck.sources.definitions import SOURCES, Source
from audioset_duck.sources.writers import write_strong, write_weak
from audioset_duck.sqltext import glob_literal, literal

# Of each role and overlap: folder and beginning of the file's name.
_STRONG_PREFIXES = (
    ("pos/{}_nov_", "positive", False),
    ("pos/{}_ov_", "positive", True),
    ("neg_strong/{}_", "strong_negative", None),
)

_SAMPLE_FILES = ("metadata.parquet", "metadata.csv", "label_mappings.json")


@dataclass(frozen=True)
class _File:
    path: Path
    query: str
    is_weak: bool = False


def export_target(connection: duckdb.DuckDBPyConnection, name: str, out: Path) -> list[Path]:
    """Write the events, windows, negatives and samples of a target as the older tools have them.

    Events and windows are written in the official formats and in the order of the source file, to
    `NAME/raw/{pos,neg_strong,neg_weak}` and `NAME/seg1s/{pos,neg_strong}` (or seg0.5s, …, by the
    window length). The samples of the train split go to `NAME/processed/metadata.parquet` and
    `.csv`, the labels and weights that negatives are drawn by to `label_mappings.json`, whose
    numbers are row indexes of the metadata. A subset whose source file is not in the catalog has
    no files. Each file is replaced as a whole, or not at all.

    Args:
        connection: The catalog.
        name: The target.
        out: The folder, created if it does not exist.

    Returns:
        The paths of the files.

    Raises:
        AudiosetDuckError: The target is not in the catalog, the folder cannot be created, or
            another export to it is in progress.
        OSError: A file cannot be written.
    """
    target = built_target(connection, name)
    queries = Queries(target)
    files = list(_files(connection, target, out / name, queries))
    total = len(files) + len(_SAMPLE_FILES)
    with (
        exclusive_folder(out / name, "export", "name another folder with --out"),
        progress(name="export", unit="file", total=total) as bar,
    ):
        for file in files:
            bar.set_postfix_str(file.path.name)
            file.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(file.path) as part:
                if file.is_weak:
                    write_weak(connection, file.query, part, f"weak negatives of {name}")
                else:
                    write_strong(connection, file.query, part)
            bar.update()
        samples = []
        bar.set_postfix_str("processed")
        for path in _export_samples(connection, queries, out / name / "processed"):
            samples.append(path)
            bar.update()
        return [file.path for file in files] + samples


def _export_samples(
    connection: duckdb.DuckDBPyConnection, queries: Queries, folder: Path
) -> Iterator[Path]:
    """Write the samples of the train split, as the training of the older tool reads them.

    Yields the path of each file as soon as it is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parquet, csv, mappings = (folder / file for file in _SAMPLE_FILES)
    source_files = [source.file for source in _subset_sources(connection)]
    samples = queries.render("metadata_file", source_files=source_files)
    with atomic_write(parquet) as part:
        connection.execute(f"copy ({samples}) to {literal(str(part))} (format parquet)")
    yield parquet
    with atomic_write(csv) as part:
        # A CSV file has no lists.
        columns = "* replace (array_to_string(labels, ',') as labels)"
        connection.execute(
            f"copy (select {columns} from read_parquet({glob_literal(parquet)}))"
            f" to {literal(str(part))} (format csv, header)"
        )
    yield csv
    with atomic_write(mappings) as part:
        query = queries.render("label_mappings_file")
        connection.execute(f"copy ({query}) to {literal(str(part))} (format json)")
    yield mappings


def _files(
    connection: duckdb.DuckDBPyConnection, target: Target, folder: Path, queries: Queries
) -> Iterator[_File]:
    """The files of events, windows and weak negatives, in the order in which they are written."""
    folders = {"events": "raw", "windows": f"seg{target.window_seconds.normalize():f}s"}
    loaded = [file for (file,) in connection.execute("select file from meta.sources").fetchall()]
    for source in _subset_sources(connection):
        # The file in meta.sources may have the ending of a compressed one.
        if not any(file.startswith(source.file) for file in loaded):
            continue
        if source.staging.startswith("weak_"):
            path = folder / "raw" / "neg_weak" / f"{target.name}_neg_weak_{source.file}"
            query = queries.render("weak_negatives_file", subset=source.staging)
            yield _File(path, query, is_weak=True)
            continue
        for relation, kind in folders.items():
            for prefix, role, is_overlapped in _STRONG_PREFIXES:
                query = queries.render(
                    f"{relation}_file",
                    subset=source.staging,
                    role=role,
                    is_overlapped=is_overlapped,
                )
                path = folder / kind / f"{prefix.format(target.name)}{source.file}"
                yield _File(path, query)


def _subset_sources(connection: duckdb.DuckDBPyConnection) -> list[Source]:
    """The source files of the six subsets, in the order of `main.subset_names()`."""
    sources = {source.staging: source for source in SOURCES}
    names = connection.execute("select unnest(main.subset_names())").fetchall()
    return [sources[name] for (name,) in names]
