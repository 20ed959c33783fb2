"""A made AudioSet: small or of the real size, life-like, the same for the same seed."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from audioset_duck.audio.folders import MARK
from audioset_duck.catalog.connection import attach_new, bound_memory
from audioset_duck.catalog.models import read_templates, render_models, render_query
from audioset_duck.catalog.relations import create_macros
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import atomic_write
from audioset_duck.progress import progress
from audioset_duck.sources.definitions import COMPRESSED_ENDINGS, SOURCES
from audioset_duck.sources.writers import (
    write_marks,
    write_ontology,
    write_strong,
    write_strong_labels,
    write_weak,
    write_weak_labels,
)
from audioset_duck.sqltext import sql_folder

_SCRATCH = ".making"
# How many clips are created within the memory that a build takes: more than AudioSet has.
_MOST_BOUND_CLIPS = 3_000_000


def make_metadata(folder: Path, *, clips: int = 3000, seed: int = 0) -> None:
    """Write the nine metadata files of a synthetic AudioSet, in the official formats.

    The models of `sql/demo/` generate the data. Ids contain `_` and begin with `-`, events overlap,
    touch and are shorter than a window, and some labels are in only one of the label files. Some
    sounds have the label of another sound: `wrong_labels.csv`, a tenth file, says which, in the
    format of corrections.

    Args:
        folder: Folder of the files, created if it does not exist. Files of the same names are
            replaced.
        clips: Clips of weak_unbalanced_train, at least 1. The other subsets are smaller in the real
            proportions, but have at least some hundred clips. AudioSet has 2,041,789.
        seed: Another seed gives other data.

    Raises:
        AudiosetDuckError: The folder contains metadata files that the demo did not create.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _check_created_here(folder)
    with created_models(folder, clips, seed) as connection:
        for file, write in _writers(connection, seed).items():
            with atomic_write(folder / file) as part:
                write(part)


@contextlib.contextmanager
def created_models(folder: Path, clips: int, seed: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Create the models of `sql/demo/` in a temporary file, and connect to it.

    Args:
        folder: Folder of the temporary file. What a killed run left there is removed.
        clips: As for `make_metadata`.
        seed: As for `make_metadata`.
    """
    scratch = folder / _SCRATCH
    shutil.rmtree(scratch, ignore_errors=True)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        scratch.mkdir()
        connection = stack.enter_context(attach_new(scratch / "demo.duckdb"))
        bound_memory(connection, scratch, rows=4 * clips)
        if clips > _MOST_BOUND_CLIPS:
            # Sorting and grouping all of them at once does not fit into the limit of a build.
            connection.execute("reset memory_limit")
        create_macros(connection)
        models = render_models(
            read_templates(sql_folder(), ("demo",)), ("demo",), clips=clips, seed=seed
        )
        for model in progress(models, name="demo", unit="model"):
            connection.execute(f"create {model.materialized} {model.relation} as\n{model.select}")
        yield connection


def is_created_here(catalog: Path, folder: Path) -> bool:
    """Whether a catalog lies beside a metadata folder that the demo created."""
    return catalog.resolve().parent == folder.resolve().parent and (folder / MARK).exists()


def _check_created_here(folder: Path) -> None:
    """Raise if real metadata would be replaced by synthetic metadata."""
    there = [
        path
        for source in SOURCES
        for ending in COMPRESSED_ENDINGS
        if (path := folder / f"{source.file}{ending}").exists()
    ]
    mark = folder / MARK
    if there and not mark.exists():
        raise AudiosetDuckError(
            f"{there[0]} was not created by the demo, and would be replaced; name another folder"
        )
    mark.touch()


def _writers(connection: duckdb.DuckDBPyConnection, seed: int) -> dict[str, Callable[[Path], None]]:
    """What writes each file, by its official name."""

    def query(name: str, **variables: object) -> str:
        return render_query(f"demo/files/{name}", seed=seed, **variables)[1]

    def strong(name: str, **variables: object) -> Callable[[Path], None]:
        return lambda path: write_strong(connection, query(name, **variables), path)

    def weak(subset: str) -> Callable[[Path], None]:
        # The comment in the file, like its data, stays the same from release to release.
        comment = f"a made {subset.removeprefix('weak_')} set, seed {seed}"
        return lambda path: write_weak(connection, query("weak_file", subset=subset), path, comment)

    return {
        "audioset_train_strong.tsv": strong("strong_file", subset="strong_train"),
        "audioset_eval_strong.tsv": strong("strong_file", subset="strong_eval"),
        "audioset_eval_strong_framed_posneg.tsv": strong("framed_file"),
        "unbalanced_train_segments.csv": weak("weak_unbalanced_train"),
        "balanced_train_segments.csv": weak("weak_balanced_train"),
        "eval_segments.csv": weak("weak_eval"),
        "mid_to_display_name.tsv": lambda path: write_strong_labels(
            connection, query("strong_labels_file"), path
        ),
        "class_labels_indices.csv": lambda path: write_weak_labels(
            connection, query("weak_labels_file"), path
        ),
        "ontology.json": lambda path: write_ontology(connection, query("ontology_file"), path),
        "wrong_labels.csv": lambda path: write_marks(connection, query("wrong_labels_file"), path),
    }
