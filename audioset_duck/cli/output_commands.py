"""The commands that write files for people and other tools: export, report."""

from __future__ import annotations

from pathlib import Path

import click

from audioset_duck.cli.console import (
    PATH,
    LoadedCommand,
    Settings,
    shared_options,
)


@click.command(short_help="Write a target as files of the official formats.", cls=LoadedCommand)
@click.option(
    "--target",
    "names",
    multiple=True,
    required=True,
    metavar="NAME",
    help="Target to export. May be given several times.",
)
@click.option("--out", type=PATH, required=True, metavar="DIR", help="Folder of the files.")
@shared_options
@click.pass_context
def export(context: click.Context, names: tuple[str, ...], out: Path) -> None:
    """Write a target's events, windows and negatives as files of the official formats.

    \b
    Example
      audioset-duck export --target gun --out meta
    """
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.export.older_tools import export_target

    settings = context.ensure_object(Settings)
    with open_catalog(settings.catalog) as connection:
        for name in names:
            for path in export_target(connection, name, out):
                click.echo(path)


@click.command(cls=LoadedCommand)
@click.option("--out", type=PATH, required=True, metavar="DIR", help="Folder of the files.")
@click.option(
    "--subset",
    "subsets",
    multiple=True,
    metavar="NAME",
    help="strong_train, strong_eval, strong_eval_framed, weak_unbalanced_train, weak_balanced_train"
    " or weak_eval. May be given several times. [default: all]",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    help="Target to report on. May be given several times. [default: all]",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar="N",
    help="Number of labels in the detailed charts.",
)
@click.option(
    "--format",
    "formats",
    default="png,html,csv",
    show_default=True,
    metavar="LIST",
    help="Formats: png, svg, html and csv, with commas.",
)
@shared_options
@click.pass_context
def report(
    context: click.Context,
    /,
    out: Path,
    subsets: tuple[str, ...],
    targets: tuple[str, ...],
    top: int,
    formats: str,
) -> None:
    """Write charts and statistics of the subsets and targets, and one page with all of them.

    \b
    Examples
      audioset-duck report --out report
      audioset-duck report --out report --subset train --target gun --format png,svg
    """
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.report import catalog_report as reporting

    settings = context.ensure_object(Settings)
    with open_catalog(settings.catalog) as connection:
        for path in reporting.report(
            connection,
            out,
            subsets=subsets,
            targets=targets,
            top=top,
            formats=[name.strip() for name in formats.split(",")],
        ):
            click.echo(path)
