"""The demo: a synthetic AudioSet is created, built and extracted, with hints what to try next."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.demo.metadata import is_created_here, make_metadata
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import exclusive_folder


def run(
    directory: Path,
    catalog: Path,
    targets: Sequence[Target],
    *,
    clips: int = 3000,
    seed: int = 0,
    has_audio: bool = True,
    show_audio: Callable[[], object] = lambda: None,
) -> None:
    """Create the metadata, archives, audio and catalog of the demo.

    Args:
        directory: Where the folders `metadata`, `archives` and `audio` go.
        catalog: The catalog file.
        targets: The targets to build.
        clips: Clips of the subset weak_unbalanced_train. The other subsets are smaller in
            proportion.
        seed: Another seed gives other data.
        has_audio: Whether to create archives, and to extract audio from them.
        show_audio: Called when the audio is extracted, before the targets are built.

    Raises:
        AudiosetDuckError: The catalog or a folder exists and was not created by the demo, or
            another demo writes to the directory.
    """
    metadata = directory / "metadata"
    if catalog.exists() and not is_created_here(catalog, metadata):
        raise AudiosetDuckError(
            f"{catalog} was not created by the demo in {directory}, and would be replaced; name"
            " another folder or --catalog"
        )
    with exclusive_folder(directory, "demo", "name another folder"):
        make_metadata(metadata, clips=clips, seed=seed)
        if has_audio:
            from audioset_duck.demo.audio import make_audio

            build(catalog, [], metadata)
            make_audio(directory, catalog, clips=clips, seed=seed)
            show_audio()
        build(catalog, targets, metadata)


def next_commands(directory: Path, catalog: Path, *, has_audio: bool = True) -> list[str]:
    """Commands that are worth trying on a demo, as they are typed one after the other."""
    is_inside = catalog == directory / "catalog.duckdb"

    def place(name: str) -> str:
        return name if is_inside else shlex.quote(str(directory / name))

    commands = [
        "info",
        "labels dog",
        "build --name dog --label Dog --descendants"
        + ("" if is_inside else f" --metadata {place('metadata')}"),
        "sql 'from gun.positive_events'",
        f"export --target gun --out {place('export')}",
        f"report --out {place('report')}",
    ]
    if has_audio:
        commands += [
            "sql \"from audio_files where status not in ('ok', 'missing')\"",
            f"extract --archives {place('archives')} --audio-root {place('wav')}"
            " --subset strong_eval",
            f"listen --target gun --role positive --out {place('listen.html')}",
        ]
    option = "" if is_inside else f" --catalog {shlex.quote(str(catalog))}"
    move = [f"cd {shlex.quote(str(directory))}"] if is_inside else []
    return move + [f"audioset-duck {command}{option}" for command in commands]
