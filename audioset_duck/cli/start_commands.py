"""The commands to start with: demo, download."""

from __future__ import annotations

from pathlib import Path

import click

from audioset_duck.cli.catalog_commands import check, echo_targets
from audioset_duck.cli.console import (
    DEFAULT_CATALOG,
    PATH,
    LoadedCommand,
    Settings,
    echo_table,
    pass_settings,
    shared_options,
)


@click.command(short_help="Create a small synthetic AudioSet and try it.", cls=LoadedCommand)
@click.argument("directory", type=PATH, default="audioset-duck-demo", metavar="[DIR]")
@click.option(
    "--clips",
    type=click.IntRange(min=1),
    default=3000,
    show_default=True,
    metavar="N",
    help="Clips of weak_unbalanced_train; the other subsets follow. AudioSet has 2041789.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, other data.")
@click.option("--no-audio", is_flag=True, help="Create metadata only: no archives, no audio.")
@click.option(
    "--target",
    "target_names",
    multiple=True,
    metavar="NAME",
    help="A built-in target. May be given several times.  [default: all]",
)
@shared_options
@pass_settings
def demo(
    settings: Settings,
    directory: Path,
    clips: int,
    seed: int,
    no_audio: bool,
    target_names: tuple[str, ...],
) -> None:
    """Create a small synthetic AudioSet in DIR and run everything on it.

    DIR/metadata and DIR/archives have the formats of the real files, DIR/audio is extracted from
    the archives. At most 2,400 clips have audio, however many there are. The catalog is
    DIR/catalog.duckdb, or the one of --catalog.

    \b
    Examples
      audioset-duck demo
      audioset-duck demo large --clips 100000 --seed 1
    """
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.overview import audio_counts
    from audioset_duck.config.targets import BUILT_IN, find_targets
    from audioset_duck.demo import tour

    targets = find_targets(BUILT_IN, target_names or list(BUILT_IN))
    # A catalog that is given is another object, even if it is the same path.
    if settings.catalog is DEFAULT_CATALOG:
        settings.catalog = directory / "catalog.duckdb"

    def show_audio() -> None:
        with open_catalog(settings.catalog) as connection:
            echo_table(audio_counts(connection))
        click.echo()
        if not settings.quiet:
            click.echo(
                "At most 2,400 clips of the demo have audio; the others are missing.", err=True
            )

    tour.run(
        directory,
        settings.catalog,
        targets,
        clips=clips,
        seed=seed,
        has_audio=not no_audio,
        show_audio=show_audio,
    )
    echo_targets(settings, [target.name for target in targets])
    click.get_current_context().invoke(check)
    if not settings.quiet:
        click.echo(f"\nThe metadata files are in {directory / 'metadata'}. Try next", err=True)
        for line in tour.next_commands(directory, settings.catalog, has_audio=not no_audio):
            click.echo(f"  {line}", err=True)


@click.command(short_help="Download AudioSet's metadata files.", cls=LoadedCommand)
@click.argument("directory", type=PATH, default="metadata", metavar="[DIR]")
@click.option(
    "--base-url",
    metavar="URL",
    help="A mirror that has the files under their official names. [default: Google's addresses]",
)
@shared_options
@pass_settings
def download(settings: Settings, directory: Path, base_url: str | None) -> None:
    """Download AudioSet's metadata files into DIR, and print the files that are new.

    \b
    Examples
      audioset-duck download
      audioset-duck download metadata --base-url https://mirror.example.org/audioset
    """
    from audioset_duck.sources import download as downloading
    from audioset_duck.sources.definitions import SOURCES

    for path in downloading.download(directory, base_url):
        click.echo(path)
    if not settings.quiet:
        click.echo(f"{directory} has all {len(SOURCES)} files", err=True)
