"""The command line: parses, calls one function, prints."""

from __future__ import annotations

import contextlib
import logging
import signal
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from audioset_duck.cli.console import (
    DEFAULT_CATALOG,
    PATH,
    STOPS,
    Group,
    Settings,
    StderrHandler,
    echo_table,
    limit_options,
    printable,
    shared_options,
)
from audioset_duck.errors import AudiosetDuckError


def echo_targets(settings: Settings, names: list[str]) -> None:
    """Print what a build made of each target, warn of what its negatives hold, say how it went."""
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
                "It has no inventory of audio: all samples are kept, without a path; make one with"
                " audioset-duck extract or scan",
                err=True,
            )


def ensure_catalog(settings: Settings, metadata: Path | None) -> None:
    """Make a catalog without a target, if there is none yet."""
    if not settings.catalog.exists():
        from audioset_duck.catalog import build as building

        building.build(settings.catalog, [], metadata)


def split_options(texts: tuple[str, ...]) -> dict[str, str]:
    """Part `OPTION=VALUE`."""
    for text in texts:
        if "=" not in text:
            raise AudiosetDuckError(
                f"--training {text!r} has no value; right is OPTION=VALUE, as in head_keep_frac=0.5"
            )
    return dict(text.split("=", 1) for text in texts)


@click.group("audioset-duck", cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="audioset-duck", prog_name="audioset-duck")
@shared_options
def cli() -> None:
    """AudioSet as SQL: targets, negatives and windows in one DuckDB catalog.

    \b
    Begin with
      audioset-duck demo
      audioset-duck build --target gun --metadata DIR
    """
    log = logging.getLogger("audioset_duck")
    log.handlers = [StderrHandler()]
    log.propagate = False


@cli.command()
@click.argument("directory", type=PATH, default="audioset-duck-demo", metavar="[DIR]")
@click.option(
    "--clips",
    type=click.IntRange(min=1),
    default=3000,
    show_default=True,
    metavar="N",
    help="Clips of the unbalanced train set; the other sets follow. 2041789 is the real size.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--no-audio", is_flag=True, help="Metadata only: no archives, nothing extracted.")
@click.option(
    "--target",
    "target_names",
    multiple=True,
    metavar="NAME",
    help="Of the built-in ones. Repeats.  [default: all]",
)
@shared_options
@click.pass_context
def demo(
    context: click.Context,
    directory: Path,
    clips: int,
    seed: int,
    no_audio: bool,
    target_names: tuple[str, ...],
) -> None:
    """Make a small AudioSet in DIR and try everything on it.

    DIR/metadata and DIR/archives are as the real ones are, DIR/audio is extracted from them. Up to
    2,400 clips have audio, however many there are. The catalog is DIR/catalog.duckdb, or that of
    --catalog.

    \b
    Examples
      audioset-duck demo
      audioset-duck demo large --clips 100000 --seed 1
    """
    import shlex

    from audioset_duck.catalog import build as building
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.overview import audio_counts
    from audioset_duck.cli.build_options import choose_targets
    from audioset_duck.config.targets import BUILT_IN
    from audioset_duck.demo.metadata import is_made_here, make_metadata
    from audioset_duck.filesystem import exclusive_folder

    settings = context.ensure_object(Settings)
    targets = choose_targets(BUILT_IN, target_names or list(BUILT_IN))
    # An option that was given is the same path, but another object.
    if settings.catalog is DEFAULT_CATALOG:
        settings.catalog = directory / "catalog.duckdb"
    metadata = directory / "metadata"
    if settings.catalog.exists() and not is_made_here(settings.catalog, metadata):
        raise AudiosetDuckError(
            f"{settings.catalog} was not made by the demo in {directory}, and is not to be"
            " replaced; name another folder or --catalog"
        )
    with exclusive_folder(directory, "demo", "name another folder"):
        make_metadata(metadata, clips=clips, seed=seed)
        if not no_audio:
            from audioset_duck.demo.audio import make_audio

            building.build(settings.catalog, [], metadata)
            make_audio(directory, settings.catalog, clips=clips, seed=seed)
            with open_catalog(settings.catalog) as connection:
                echo_table(audio_counts(connection))
            click.echo()
            if not settings.quiet:
                click.echo(
                    "The demo has audio of 2,400 clips at most; others are missing.", err=True
                )
        building.build(settings.catalog, targets, metadata)
        echo_targets(settings, [target.name for target in targets])
    context.invoke(check)
    if not settings.quiet:
        option = f"--catalog {shlex.quote(str(settings.catalog))}"
        folder = shlex.quote(str(metadata))
        own = f"--name dog --label Dog --descendants --metadata {folder}"
        export = shlex.quote(str(directory / "export"))
        report_folder = shlex.quote(str(directory / "report"))
        tries = [
            "info",
            "labels dog",
            f"build {own}",
            "sql 'from gun.positive_events'",
            f"export --target gun --out {export}",
            f"report --out {report_folder}",
        ]
        if not no_audio:
            zips = shlex.quote(str(directory / "archives"))
            root = shlex.quote(str(directory / "wav"))
            tries += [
                "sql \"from audio_files where status not in ('ok', 'missing')\"",
                f"extract --archives {zips} --audio-root {root} --subset strong_eval",
            ]
        click.echo(f"\nThe metadata files are in {folder}. Try next", err=True)
        for words in tries:
            click.echo(f"  audioset-duck {words} {option}", err=True)


@cli.command(short_help="Fetch AudioSet's metadata files.")
@click.argument("directory", type=PATH, default="metadata", metavar="[DIR]")
@click.option(
    "--base-url",
    metavar="URL",
    help="A mirror that has the files under their names. [default: Google's addresses]",
)
@shared_options
@click.pass_context
def download(context: click.Context, directory: Path, base_url: str | None) -> None:
    """Fetch AudioSet's metadata files into DIR, and print those that were not there yet.

    \b
    Examples
      audioset-duck download
      audioset-duck download metadata --base-url https://mirror.example.org/audioset
    """
    from audioset_duck.sources import download as downloading
    from audioset_duck.sources.definitions import SOURCES

    quiet = context.ensure_object(Settings).quiet
    fetched = downloading.download(directory, base_url)
    for path in fetched:
        click.echo(path)
    if not quiet:
        click.echo(f"{directory} has all {len(SOURCES)} files", err=True)


@cli.command()
@click.option("--target", "target_names", multiple=True, metavar="NAME", help="Repeats.")
@click.option(
    "--metadata", type=PATH, metavar="DIR", help="Folder of the source files. [default: metadata]"
)
@click.option("--name", "own_name", metavar="NAME", help="Name of a target of your own.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="LABEL",
    help="Label of it, by MID or exact display name. Repeats.",
)
@click.option("--descendants", is_flag=True, help="Take all that the ontology puts below them too.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="LABEL",
    help="Label that is neither positive nor negative. Repeats.",
)
@click.option("--window-seconds", metavar="SECONDS", help="Length of a window. [default: 1]")
@click.option(
    "--training",
    multiple=True,
    metavar="OPTION=VALUE",
    help="An option of [training], as in audioset-duck.toml. Repeats.",
)
@click.option(
    "--audio-root",
    type=PATH,
    metavar="DIR",
    help="Make the inventory of the audio files there first, as scan does.",
)
@click.option("--live", is_flag=True, help="Store nothing: every relation reads the source files.")
@click.option(
    "--skip-bad-rows",
    is_flag=True,
    help="Leave faulty rows out, and list them in meta.rejected_rows.",
)
@click.option(
    "--memory-limit",
    metavar="SIZE",
    help="What DuckDB may take before it goes to the disk, as in 512MB. [default: 1GB or more]",
)
@shared_options
@click.pass_context
def build(
    context: click.Context,
    target_names: tuple[str, ...],
    metadata: Path | None,
    own_name: str | None,
    labels: tuple[str, ...],
    descendants: bool,
    ignore: tuple[str, ...],
    window_seconds: str | None,
    training: tuple[str, ...],
    audio_root: Path | None,
    live: bool,
    skip_bad_rows: bool,
    memory_limit: str | None,
) -> None:
    """Make the catalog of one or more targets.

    Targets that the catalog has already are kept. If a source changed, they are made anew.

    \b
    Examples
      audioset-duck build --target gun --target snore
      audioset-duck build --target gun --descendants --window-seconds 0.5
      audioset-duck build --name dog --label Bark --label /m/0ghcn6
      audioset-duck build --target gun --training head_keep_frac=0.5
    """
    from audioset_duck.catalog import build as building
    from audioset_duck.catalog.state import built_targets
    from audioset_duck.cli.build_options import choose_targets
    from audioset_duck.config.targets import parse_window_seconds
    from audioset_duck.config.toml_file import read_configuration

    settings = context.ensure_object(Settings)
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
        training=split_options(training),
        default_training=configuration.training,
    )
    inventory = None
    if audio_root:
        from audioset_duck.audio.scan import find_files

        inventory = find_files(audio_root)
    building.build(
        settings.catalog,
        targets,
        metadata,
        inventory=inventory,
        live=live,
        skip_bad_rows=skip_bad_rows,
        memory_limit=memory_limit,
    )
    echo_targets(settings, [target.name for target in targets])


@cli.command(short_help="Look for what should not be in the catalog.")
@shared_options
@click.pass_context
def check(context: click.Context) -> None:
    """Look for what should not be in the catalog; exit 1 if there is any.

    \b
    Example
      audioset-duck check
    """
    from audioset_duck.catalog.checks import run_checks
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.query import Table

    failed = passed = 0
    settings = context.ensure_object(Settings)
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
        context.exit(1)


@cli.command()
@shared_options
@click.pass_context
def targets(context: click.Context) -> None:
    """List the targets: built in, of your own, and in the catalog.

    \b
    Example
      audioset-duck targets
    """
    from audioset_duck.catalog.overview import list_targets
    from audioset_duck.config.toml_file import read_configuration

    settings = context.ensure_object(Settings)
    configuration = read_configuration(settings.config)
    echo_table(list_targets(configuration.targets, configuration.origins, settings.catalog))


@cli.command()
@click.argument("text")
@shared_options
@click.pass_context
def labels(context: click.Context, text: str) -> None:
    """Find labels by a part of a name or by MID, with how often they occur.

    \b
    Examples
      audioset-duck labels dog
      audioset-duck labels /m/032s66
    """
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.overview import find_labels

    with open_catalog(context.ensure_object(Settings).catalog) as connection:
        echo_table(find_labels(connection, text))


@cli.command()
@shared_options
@click.pass_context
def info(context: click.Context) -> None:
    """Tell what the catalog holds: sources, targets, relations.

    \b
    Example
      audioset-duck info
    """
    from audioset_duck.catalog import overview, state
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.query import query_table

    settings = context.ensure_object(Settings)
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


@cli.command(short_help="Extract valid clips from the archives.")
@click.option("--archives", type=PATH, required=True, metavar="DIR", help="Folder of the archives.")
@click.option("--audio-root", type=PATH, required=True, metavar="DIR", help="Where the files go.")
@click.option(
    "--subset",
    "subsets",
    multiple=True,
    metavar="NAME",
    help="strong_train, strong_eval, weak_balanced_train, weak_unbalanced_train, weak_eval or all."
    " Repeats.",
)
@click.option(
    "--target",
    "target_names",
    multiple=True,
    metavar="NAME",
    help="Just the clips that this target's samples need. Repeats.",
)
@click.option("--metadata", type=PATH, metavar="DIR", help="For a catalog that is not there yet.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="[default: one a core]")
@limit_options
@click.option(
    "--layout",
    type=click.Choice(["audioset", "subset"]),
    default="audioset",
    show_default=True,
    help="Folders as in the archives, or one for each subset.",
)
@click.option("--to", type=click.Choice(["wav", "flac"]), default="wav", show_default=True)
@click.option("--sample-rate", type=click.IntRange(1000, 192_000), metavar="HZ", help="Resample.")
@click.option("--mono", is_flag=True, help="Mix all channels into one.")
@click.option("--discard-invalid", is_flag=True, help="Keep no file of an invalid clip.")
@click.option(
    "--validator",
    type=click.Choice(["libsndfile", "ffmpeg"]),
    default="libsndfile",
    show_default=True,
    help="What decodes a clip to validate it; ffmpeg starts a process for each.",
)
@click.option("--dask-scheduler", metavar="ADDRESS", help="Work on the Dask cluster there.")
@click.option("--dry-run", is_flag=True, help="Only tell how much there is to do.")
@shared_options
@click.pass_context
def extract(
    context: click.Context,
    /,
    archives: Path,
    audio_root: Path,
    subsets: tuple[str, ...],
    target_names: tuple[str, ...],
    metadata: Path | None,
    workers: int | None,
    dask_scheduler: str | None,
    dry_run: bool,
    min_duration: float,
    silence_db_threshold: float,
    **options: Any,
) -> None:
    """Extract valid clips from the archives, and make the inventory of them.

    Run again after an interruption, it does what is missing.

    \b
    Examples
      audioset-duck extract --archives zip_audios --audio-root audio --subset strong_eval
      audioset-duck extract --archives zip_audios --audio-root audio --subset strong_train --to flac
      audioset-duck extract --archives zip_audios --audio-root audio --target gun
    """
    from audioset_duck.audio import extract as extracting
    from audioset_duck.audio import extraction_plan as plan
    from audioset_duck.audio.validation import ValidationLimits
    from audioset_duck.audio.worker import Options
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.overview import audio_counts
    from audioset_duck.catalog.query import Table

    settings = context.ensure_object(Settings)
    plan.check_subsets([name for name in subsets if name != "all"])
    if not subsets + target_names:
        raise AudiosetDuckError(
            f"nothing to extract; name a --target, or a --subset: {', '.join(plan.SUBSETS)} or all"
        )
    # Of no name are all that the catalog has.
    subsets = () if "all" in subsets else subsets + target_names
    ensure_catalog(settings, metadata)
    cluster = (
        extracting.dask_executor(dask_scheduler) if dask_scheduler else contextlib.nullcontext()
    )
    with cluster as executor:
        told = extracting.extract(
            settings.catalog,
            archives,
            audio_root,
            subsets,
            Options(limits=ValidationLimits(min_duration, silence_db_threshold), **options),
            workers=workers,
            executor=executor,
            dry_run=dry_run,
        )
    if dry_run:
        echo_table(Table(list(asdict(told)), [tuple(asdict(told).values())]))
        return
    with open_catalog(settings.catalog) as connection:
        echo_table(audio_counts(connection, subsets))
    if not settings.quiet:
        click.echo(
            f"{told.to_do:,} clips were extracted into {audio_root}, {told.done:,} had been before;"
            f" what is not valid is in {audio_root / 'invalid_audio'}",
            err=True,
        )


@cli.command()
@click.option("--audio-root", type=PATH, required=True, metavar="DIR", help="Folder of the files.")
@click.option("--metadata", type=PATH, metavar="DIR", help="For a catalog that is not there yet.")
@click.option("--validate", is_flag=True, help="Decode and validate every file, as extract does.")
@limit_options
@shared_options
@click.pass_context
def scan(
    context: click.Context,
    /,
    audio_root: Path,
    metadata: Path | None,
    validate: bool,
    min_duration: float,
    silence_db_threshold: float,
) -> None:
    """Make the inventory of audio files that are there already.

    \b
    Examples
      audioset-duck scan --audio-root audio
      audioset-duck scan --audio-root audio --validate
    """
    from audioset_duck.audio import scan as scanning
    from audioset_duck.audio.validation import ValidationLimits
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.overview import audio_counts

    settings = context.ensure_object(Settings)
    ensure_catalog(settings, metadata)
    scanning.scan(
        settings.catalog,
        audio_root,
        validate=validate,
        limits=ValidationLimits(min_duration, silence_db_threshold),
    )
    with open_catalog(settings.catalog) as connection:
        echo_table(audio_counts(connection))


@cli.command()
@click.argument("query", required=False)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
)
@click.option("--safe", "is_safe", is_flag=True, help="Read no file but the catalog.")
@shared_options
@click.pass_context
def sql(context: click.Context, query: str | None, output_format: str, is_safe: bool) -> None:
    """Run one query; without a query, open the DuckDB shell. Both can only read.

    SQL can read any file that you can. With --safe it cannot: for a catalog that somebody sent you.

    \b
    Examples
      audioset-duck sql 'from gun.subset_counts'
      audioset-duck sql --format csv 'from gun.positive_windows' > segments.csv
      audioset-duck sql
    """
    from audioset_duck.cli.sql_shell import open_shell, run_query

    catalog = context.ensure_object(Settings).catalog
    if query is None and output_format != "table":
        raise AudiosetDuckError(
            f"--format {output_format} is of a query, and none is given; in the shell, say"
            f" .mode {output_format}"
        )
    if query is None:
        open_shell(catalog, is_safe=is_safe)
    else:
        run_query(catalog, query, output_format, is_safe=is_safe)


@cli.command(short_help="Write a target as files of the official formats.")
@click.option("--target", "names", multiple=True, required=True, metavar="NAME", help="Repeats.")
@click.option("--out", type=PATH, required=True, metavar="DIR")
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


@cli.command()
@click.option("--out", type=PATH, required=True, metavar="DIR")
@click.option(
    "--subset",
    "subsets",
    multiple=True,
    metavar="NAME",
    help="strong_train, strong_eval, strong_eval_framed, weak_unbalanced_train, weak_balanced_train"
    " or weak_eval. May be given several times. [default: all]",
)
@click.option("--target", "targets", multiple=True, metavar="NAME", help="Repeats. [default: all]")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar="N",
    help="Labels of the detailed charts.",
)
@click.option(
    "--format",
    "formats",
    default="png,html,csv",
    show_default=True,
    metavar="LIST",
    help="Of png, svg, html and csv.",
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
    """Write charts and statistics of the data sets and targets, and one page to open.

    \b
    Examples
      audioset-duck report --out report
      audioset-duck report --out report --subset train --target gun --format png,svg
    """
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.report import sections as reporting

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


def main() -> None:
    """Run the command line."""
    try:
        cli()
    finally:
        # All is done and said: what Python takes down now is not to be disturbed.
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)
