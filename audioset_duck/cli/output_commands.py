"""The commands that write files for people and other tools: export, report."""

from __future__ import annotations

from pathlib import Path

import click

from audioset_duck.cli.console import (
    PATH,
    LoadedCommand,
    Settings,
    pass_settings,
    shared_options,
)


@click.command(short_help="Write a target as files for other tools.", cls=LoadedCommand)
@click.option(
    "--target",
    "names",
    multiple=True,
    required=True,
    metavar="NAME",
    help="Target to export. May be given several times.",
)
@click.option("--out", type=PATH, required=True, metavar="DIR", help="Folder of the files.")
@click.option(
    "--format",
    "form",
    default="older",
    show_default=True,
    metavar="NAME",
    help="older, lhotse, hf, ast, audacity or dcase.",
)
@click.option(
    "--embed", is_flag=True, help="With --format hf: the audio itself instead of its path."
)
@shared_options
@pass_settings
def export(settings: Settings, names: tuple[str, ...], out: Path, form: str, embed: bool) -> None:
    """Write targets as files for other tools, to folders DIR/NAME/FORMAT.

    \b
    older     events, windows and negatives in the official formats, and
              samples, in DIR/NAME, as the older tools have them
    lhotse    cuts_SPLIT_ROLE.jsonl.gz, for CutSet.from_file
    hf        a dataset, for datasets.load_dataset; with --embed, it holds
              the audio of each sample
    ast       SPLIT.json, the lists of files that AST trains on, and
              class_labels_indices.csv
    audacity  a label track of the positive events of each clip
    dcase     SUBSET.tsv, the sounds of the target, for sed_eval and others,
              and SUBSET_durations.tsv, for psds_eval

    lhotse, hf and ast name audio files: run extract or scan first.

    \b
    Examples
      audioset-duck export --target gun --out meta
      audioset-duck export --target gun --out out --format lhotse
      audioset-duck export --target gun --out out --format hf --embed
    """
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.export.formats import export_targets

    with open_catalog(settings.catalog) as connection:
        for path in export_targets(connection, names, out, form, embed=embed):
            click.echo(path)


@click.command(short_help="Write charts and statistics.", cls=LoadedCommand)
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
@pass_settings
def report(
    settings: Settings,
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
      audioset-duck report --out report --subset strong_train --target gun --format png,svg
    """
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.report import catalog_report as reporting

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
