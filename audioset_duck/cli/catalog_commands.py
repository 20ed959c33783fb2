"""The commands that build a catalog and ask it: build, check, targets, labels, info, sql."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from audioset_duck.cli.console import (
    PATH,
    LoadedCommand,
    Settings,
    echo_table,
    pass_settings,
    printable,
    shared_options,
    typed,
)
from audioset_duck.errors import AudiosetDuckError


def echo_targets(settings: Settings, names: list[str]) -> None:
    """Print the counts of each target, its warnings, and the size and versions of the build."""
    from audioset_duck.catalog import overview, state
    from audioset_duck.catalog.connection import open_catalog

    with open_catalog(settings.catalog) as connection:
        has_inventory = state.has_inventory(connection)
        for name in names:
            click.echo(printable(overview.target_title(connection, name)))
            echo_table(overview.target_counts(connection, name))
            click.echo()
            echo_table(overview.sample_counts(connection, name))
            click.echo()
            echo_table(overview.tier_counts(connection, name))
            click.echo()
            for warning in overview.target_warnings(connection, name):
                logging.getLogger("audioset_duck").warning(warning)
    if not settings.quiet:
        click.echo(overview.last_build(settings.catalog), err=True)
        if not state.built_targets(settings.catalog):
            click.echo(
                "It has no target yet; add one with audioset-duck build --target gun", err=True
            )
        elif not has_inventory:
            click.echo(
                "It has no inventory of audio, so all samples are kept, without a path; create one"
                " with audioset-duck extract or scan",
                err=True,
            )


def split_options(flag: str, texts: tuple[str, ...], example: str) -> dict[str, str]:
    """Split each `OPTION=VALUE` of a flag; the example is for the message if there is no `=`."""
    for text in texts:
        if "=" not in text:
            raise AudiosetDuckError(
                f"{flag} {text!r} has no value; expected OPTION=VALUE, as in {example}"
            )
    return dict(text.split("=", 1) for text in texts)


@click.command(cls=LoadedCommand)
@click.option(
    "--target",
    "target_names",
    multiple=True,
    metavar="NAME",
    help="Target to build, by name. May be given several times.",
)
@click.option(
    "--metadata", type=PATH, metavar="DIR", help="Folder of the source files. [default: metadata]"
)
@click.option("--name", "own_name", metavar="NAME", help="Name of a target that --label defines.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="LABEL",
    help="Label of that target, by MID or exact display name. May be given several times.",
)
@click.option(
    "--descendants", is_flag=True, help="Add all labels below the target's labels in the ontology."
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="LABEL",
    help="Label that is neither positive nor negative. May be given several times.",
)
@click.option(
    "--window-seconds", metavar="SECONDS", help="Length of the windows, up to 10. [default: 1]"
)
@click.option(
    "--training",
    multiple=True,
    metavar="OPTION=VALUE",
    help="Option of [training] in audioset-duck.toml. May be given several times.",
)
@click.option(
    "--samples",
    multiple=True,
    metavar="OPTION=VALUE",
    help="Option of [samples] in audioset-duck.toml, for all targets of the catalog. May be given"
    " several times.",
)
@click.option(
    "--corrections",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="Labels that a listener marked, as csv. May be given several times; in doubt the first"
    " file decides. [default: corrections of audioset-duck.toml]",
)
@click.option(
    "--audio-root",
    type=PATH,
    metavar="DIR",
    help="Scan the audio files in this folder first, as `scan` does.",
)
@click.option("--live", is_flag=True, help="Create views over the source files instead of tables.")
@click.option(
    "--skip-bad-rows",
    is_flag=True,
    help="Skip invalid rows of the source files, and list them in meta.rejected_rows.",
)
@click.option(
    "--memory-limit",
    metavar="SIZE",
    help="Memory that DuckDB uses before it spills to disk, as in 512MB. [default: 1GB or more]",
)
@shared_options
@pass_settings
def build(
    settings: Settings,
    target_names: tuple[str, ...],
    metadata: Path | None,
    own_name: str | None,
    labels: tuple[str, ...],
    descendants: bool,
    ignore: tuple[str, ...],
    window_seconds: str | None,
    training: tuple[str, ...],
    samples: tuple[str, ...],
    corrections: tuple[Path, ...],
    audio_root: Path | None,
    live: bool,
    skip_bad_rows: bool,
    memory_limit: str | None,
) -> None:
    """Build the catalog, with one or more targets.

    Targets that the catalog already has are kept. They are rebuilt if a source file or an option of
    [samples] has changed. Options of [samples] that are set nowhere stay as the catalog has them.

    \b
    Examples
      audioset-duck build --target gun --target snore
      audioset-duck build --target gun --descendants --window-seconds 0.5
      audioset-duck build --name dog --label Bark --label /m/0ghcn6
      audioset-duck build --target gun --training tier_a_fraction=0.5
      audioset-duck build --samples head_keep_frac=0.5
    """
    from audioset_duck.catalog import build as building
    from audioset_duck.catalog.state import built_targets
    from audioset_duck.cli.build_options import choose_samples, choose_targets
    from audioset_duck.config.targets import parse_window_seconds
    from audioset_duck.config.toml_file import read_configuration

    configuration = read_configuration(settings.config)
    targets = choose_targets(
        built_targets(settings.catalog) | configuration.targets,
        target_names,
        own_name,
        labels,
        ignore,
        descendants=descendants,
        window_seconds=None if window_seconds is None else parse_window_seconds(window_seconds),
        default_window_seconds=configuration.window_seconds,
        training=split_options("--training", training, "tier_a_fraction=0.5"),
        default_training=configuration.training,
    )
    sample_options = choose_samples(
        configuration.samples, split_options("--samples", samples, "head_keep_frac=0.5")
    )
    inventory = None
    if audio_root:
        from audioset_duck.audio.scan import find_files

        inventory = find_files(audio_root)
    building.build(
        settings.catalog,
        targets,
        metadata,
        samples=sample_options,
        corrections=corrections or configuration.corrections,
        inventory=inventory,
        live=live,
        skip_bad_rows=skip_bad_rows,
        memory_limit=memory_limit,
    )
    echo_targets(settings, [target.name for target in targets])


@click.command(short_help="Check the catalog for rows that should not be there.", cls=LoadedCommand)
@shared_options
@pass_settings
def check(settings: Settings) -> None:
    """Check the catalog for rows that should not be there; exit 1 if there are any.

    \b
    Example
      audioset-duck check
    """
    from audioset_duck.catalog.checks import run_checks
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.query import Table

    failed = passed = 0
    with open_catalog(settings.catalog) as connection:
        for result in run_checks(connection):
            if not result.count:
                passed += 1
                continue
            failed += 1
            click.echo(f"{result.schema}: {result.name}: {result.count:,} found\n{result.comment}")
            echo_table(Table(result.columns, result.rows))
            click.echo()
    click.echo(f"{passed} checks passed, {failed} failed")
    if failed:
        raise click.exceptions.Exit(1)


@click.command(short_help="List all targets.", cls=LoadedCommand)
@shared_options
@pass_settings
def targets(settings: Settings) -> None:
    """List all targets: built in, from audioset-duck.toml, and in the catalog.

    \b
    Example
      audioset-duck targets
    """
    from audioset_duck.catalog.overview import list_targets
    from audioset_duck.config.toml_file import read_configuration

    configuration = read_configuration(settings.config)
    echo_table(list_targets(configuration.targets, configuration.origins, settings.catalog))


@click.command(short_help="Find labels by a part of a name, with their counts.", cls=LoadedCommand)
@click.argument("text")
@shared_options
@pass_settings
def labels(settings: Settings, text: str) -> None:
    """Find labels by MID or by a part of a name, with the number of their events and clips.

    \b
    Examples
      audioset-duck labels dog
      audioset-duck labels /m/032s66
    """
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.overview import find_labels

    with open_catalog(settings.catalog) as connection:
        echo_table(find_labels(connection, text))


@click.command(short_help="Show what is in the catalog, or in a relation.", cls=LoadedCommand)
@click.argument("relation", required=False)
@shared_options
@pass_settings
def info(settings: Settings, relation: str | None) -> None:
    """Show what is in the catalog: source files, targets, relations and table functions.

    With the name of a RELATION, show what its rows and columns are.

    \b
    Examples
      audioset-duck info
      audioset-duck info gun.samples
    """
    from audioset_duck.catalog import overview, state
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.query import query_table

    if relation is not None:
        with open_catalog(settings.catalog) as connection:
            comment, columns = overview.explain_relation(connection, relation)
        click.echo(printable(comment))
        if columns.rows:
            click.echo()
            echo_table(columns)
        return
    with open_catalog(settings.catalog) as connection:
        click.echo(overview.last_build(settings.catalog) + "\n")
        echo_table(
            query_table(
                connection, "select * replace (left(sha256, 12) as sha256) from meta.sources"
            )
        )
        for name in state.read_state(connection).targets:
            click.echo("\n" + printable(overview.target_title(connection, name)))
            echo_table(overview.target_counts(connection, name))
        click.echo()
        echo_table(overview.relations(connection))
    if not settings.quiet:
        click.echo("Columns: " + typed(settings, "info RELATION"), err=True)


@click.command(cls=LoadedCommand)
@click.argument("query", required=False)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="Format of the rows of a query.",
)
@click.option("--safe", "is_safe", is_flag=True, help="Allow no file but the catalog to be read.")
@shared_options
@pass_settings
def sql(settings: Settings, query: str | None, output_format: str, is_safe: bool) -> None:
    """Run one query, or open the DuckDB shell if there is none. Both are read-only.

    SQL can read any file that you can. For a catalog that somebody sent you, use --safe.

    \b
    Examples
      audioset-duck sql 'from gun.subset_counts'
      audioset-duck sql --format csv 'from gun.positive_windows' > windows.csv
      audioset-duck sql
    """
    from audioset_duck.cli.sql_shell import open_shell, run_query

    if query is None and output_format != "table":
        raise AudiosetDuckError(
            f"--format {output_format} needs a query, and there is none; in the shell, type"
            f" .mode {output_format}"
        )
    if query is None:
        open_shell(settings.catalog, is_safe=is_safe)
    else:
        run_query(settings.catalog, query, output_format, is_safe=is_safe)
