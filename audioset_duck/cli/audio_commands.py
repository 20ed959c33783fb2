"""The commands for audio: extract, scan."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from audioset_duck.cli.console import (
    PATH,
    LoadedCommand,
    Settings,
    echo_table,
    limit_options,
    metadata_option,
    pass_settings,
    shared_options,
    typed,
)
from audioset_duck.errors import AudiosetDuckError


@click.command(short_help="Extract valid clips from the archives.", cls=LoadedCommand)
@click.option("--archives", type=PATH, required=True, metavar="DIR", help="Folder of the archives.")
@click.option(
    "--audio-root",
    type=PATH,
    required=True,
    metavar="DIR",
    help="Folder that the files are extracted to.",
)
@click.option(
    "--subset",
    "subsets",
    multiple=True,
    metavar="NAME",
    help="strong_train, strong_eval, weak_balanced_train, weak_unbalanced_train, weak_eval or all."
    " May be given several times.",
)
@click.option(
    "--target",
    "target_names",
    multiple=True,
    metavar="NAME",
    help="Only the clips of this target's samples. May be given several times.",
)
@metadata_option
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of processes. [default: one per core]",
)
@limit_options
@click.option(
    "--layout",
    type=click.Choice(["audioset", "subset"]),
    default="audioset",
    show_default=True,
    help="Folders as in the archives, or one folder per subset.",
)
@click.option(
    "--to",
    type=click.Choice(["wav", "flac", "keep"]),
    help="Format of the extracted files; keep: as in the archive."
    " [default: keep, or flac if --sample-rate or --mono changes what was compressed]",
)
@click.option(
    "--sample-rate", type=click.IntRange(1000, 192_000), metavar="HZ", help="Resample to this rate."
)
@click.option("--mono", is_flag=True, help="Mix all channels to mono.")
@click.option("--discard-invalid", is_flag=True, help="Do not keep the files of invalid clips.")
@click.option(
    "--validator",
    type=click.Choice(["libsndfile", "ffmpeg"]),
    default="libsndfile",
    show_default=True,
    help="Decoder that validates a clip; ffmpeg starts a process for each.",
)
@click.option(
    "--dask-scheduler", metavar="ADDRESS", help="Run on the Dask cluster with this scheduler."
)
@click.option("--dry-run", is_flag=True, help="Only print how much there is to do.")
@shared_options
@pass_settings
def extract(
    settings: Settings,
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
    """Extract valid clips from the archives, and add them to the inventory of the catalog.

    You can interrupt it at any time. Run it again to extract what is missing.

    \b
    Examples
      audioset-duck extract --archives zip_audios --audio-root audio --subset strong_eval
      audioset-duck extract --archives zip_audios --audio-root audio --subset strong_train --to flac
      audioset-duck extract --archives zip_audios --audio-root audio --target gun
    """
    from audioset_duck.audio import extract as extracting
    from audioset_duck.audio import extraction_plan as plan
    from audioset_duck.audio.archives import ARCHIVES_FOLDER
    from audioset_duck.audio.folders import INVALID_FOLDER, MISSING_FOLDER, require_folder
    from audioset_duck.audio.validation import ValidationLimits
    from audioset_duck.audio.worker import Options
    from audioset_duck.catalog.build import ensure_catalog
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.overview import audio_counts, warn_of_files
    from audioset_duck.catalog.query import Table
    from audioset_duck.sources.definitions import AUDIO_SUBSETS

    plan.check_subsets([name for name in subsets if name != "all"])
    if not subsets + target_names:
        raise AudiosetDuckError(
            f"nothing to extract; name a --target, or a --subset: {', '.join(AUDIO_SUBSETS)} or all"
        )
    if options["to"] == "keep" and (options["sample_rate"] or options["mono"]):
        raise AudiosetDuckError(
            "--to keep writes the bytes of the archives, and cannot be combined with --sample-rate"
            " or --mono; choose --to wav or flac"
        )
    # First, so that no catalog is built in vain.
    require_folder(archives, ARCHIVES_FOLDER)
    # No name stands for all subsets of the catalog.
    subsets = () if "all" in subsets else subsets + target_names
    ensure_catalog(settings.catalog, metadata)
    cluster = (
        extracting.dask_executor(dask_scheduler) if dask_scheduler else contextlib.nullcontext()
    )
    with cluster as executor:
        summary = extracting.extract(
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
        echo_table(Table(list(asdict(summary)), [tuple(asdict(summary).values())]))
        return
    with open_catalog(settings.catalog) as connection:
        echo_table(audio_counts(connection, subsets))
        warn_of_files(connection)
    if not settings.quiet:
        has_invalid = (audio_root / INVALID_FOLDER).is_dir()
        invalid = f", invalid ones in {audio_root / INVALID_FOLDER}" if has_invalid else ""
        click.echo(
            f"Clips read from the archives: {summary.to_do:,}, and before: {summary.done:,}. Valid"
            f" ones are in {audio_root}{invalid}, lists of missing ones in"
            f" {audio_root / MISSING_FOLDER}",
            err=True,
        )
        _echo_next(settings)


@click.command(cls=LoadedCommand)
@click.option("--audio-root", type=PATH, metavar="DIR", help="Folder of the audio files.")
@click.option(
    "--list",
    "list_file",
    type=PATH,
    metavar="FILE",
    help="A csv, tsv, json, jsonl or parquet file with the paths of the audio files.",
)
@click.option(
    "--archives",
    type=PATH,
    metavar="DIR",
    help="Folder of tar and uncompressed zip archives that are read in place.",
)
@metadata_option
@click.option("--validate", is_flag=True, help="Decode and validate every file, as extract does.")
@limit_options
@shared_options
@pass_settings
def scan(
    settings: Settings,
    audio_root: Path | None,
    list_file: Path | None,
    archives: Path | None,
    metadata: Path | None,
    validate: bool,
    min_duration: float,
    silence_db_threshold: float,
) -> None:
    """Add audio that you already have to the inventory of the catalog.

    It is found in a folder, by a list, or in archives that are read in place.

    \b
    Examples
      audioset-duck scan --audio-root audio
      audioset-duck scan --audio-root audio --validate
      audioset-duck scan --list train.json
      audioset-duck scan --archives shards
    """
    from audioset_duck.audio import scan as scanning
    from audioset_duck.audio.archives import ARCHIVES_FOLDER
    from audioset_duck.audio.folders import require_folder
    from audioset_duck.audio.validation import ValidationLimits
    from audioset_duck.catalog.build import ensure_catalog
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.overview import audio_counts, warn_of_files
    from audioset_duck.catalog.swap import check_replaceable

    given = [
        (find, place)
        for find, place in (
            (scanning.find_files, audio_root),
            (scanning.find_listed, list_file),
            (scanning.find_members, archives),
        )
        if place
    ]
    if len(given) != 1:
        raise AudiosetDuckError(
            "name what to scan with one of --audio-root DIR, --list FILE and --archives DIR"
        )
    ((find, place),) = given
    if audio_root or archives:
        require_folder(place, scanning.AUDIO_FOLDER if audio_root else ARCHIVES_FOLDER)
    limits = ValidationLimits(min_duration, silence_db_threshold)
    # First, so that no hours of validation are lost for lack of metadata, or of a catalog.
    ensure_catalog(settings.catalog, metadata)
    check_replaceable(settings.catalog)
    found = find(place, validate=validate, limits=limits)
    scanning.scan(settings.catalog, found)
    with open_catalog(settings.catalog) as connection:
        echo_table(audio_counts(connection))
        warn_of_files(connection)
    if not settings.quiet:
        _echo_next(settings)


def _echo_next(settings: Settings) -> None:
    """Print what to do when a catalog has an inventory of audio."""
    from audioset_duck.catalog.build import is_of_this_version
    from audioset_duck.catalog.state import built_targets

    if not is_of_this_version(settings.catalog):
        return  # A warning has said what to do.
    if names := list(built_targets(settings.catalog)):
        query = typed(settings, f"sql 'from {names[0]}.sample_overview'")
        line = f"Samples now have this audio, of the targets: {', '.join(names)}. See {query}"
    else:
        line = f"Next, build a target: {typed(settings, 'build --target gun')}"
    click.echo(line, err=True)
