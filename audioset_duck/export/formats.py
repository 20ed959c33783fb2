"""The formats that targets can be exported in."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from pathlib import Path

import duckdb

from audioset_duck.catalog.connection import bound_memory
from audioset_duck.catalog.state import built_target, source_rows
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.export.ast_lists import export_ast
from audioset_duck.export.hugging_face import export_hugging_face
from audioset_duck.export.label_files import export_audacity, export_dcase
from audioset_duck.export.lhotse_cuts import export_lhotse
from audioset_duck.export.older_tools import export_target
from audioset_duck.export.queries import Queries
from audioset_duck.filesystem import exclusive_folder

_WRITERS = {
    "lhotse": export_lhotse,
    "hf": export_hugging_face,
    "ast": export_ast,
    "audacity": export_audacity,
    "dcase": export_dcase,
}
FORMATS = ("older", *_WRITERS)


def export_targets(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    out: Path,
    form: str = "older",
    *,
    embed: bool = False,
) -> list[Path]:
    """Write targets as files for other tools, to the folders `OUT/NAME/FORMAT`.

    Each file is replaced as a whole, or not at all.

    Args:
        connection: The catalog.
        names: The targets.
        out: The folder, created if it does not exist.
        form: One of `FORMATS`: `older` is what `export_target` writes, to `OUT/NAME`.
        embed: With `hf`, write the audio itself instead of its path.

    Returns:
        The paths of the files; of label tracks, the folders.

    Raises:
        AudiosetDuckError: The format does not exist or does not embed audio, a target is not in the
            catalog, the format needs an inventory of audio and there is none, a folder cannot be
            created, or another export to it is in progress.
        OSError: A file cannot be written.
    """
    if form not in FORMATS:
        raise AudiosetDuckError(f"unknown format {form!r}; expected one of {', '.join(FORMATS)}")
    if embed and form != "hf":
        raise AudiosetDuckError(
            f"--embed is for --format hf, but the format is {form}, whose files hold no audio"
        )
    if form == "older":
        return [path for name in names for path in export_target(connection, name, out)]
    write = functools.partial(export_hugging_face, embed=embed) if embed else _WRITERS[form]
    targets = {name: built_target(connection, name) for name in names}
    paths = []
    with contextlib.ExitStack() as locks:
        for name in targets:
            cure = "name another folder with --out"
            locks.enter_context(exclusive_folder(out / name, "export", cure))
        bound_memory(connection, out / next(iter(targets)), rows=source_rows(connection))
        for name, target in targets.items():
            folder = out / name / form
            folder.mkdir(exist_ok=True)
            paths += write(connection, Queries(target), folder)
    return paths
