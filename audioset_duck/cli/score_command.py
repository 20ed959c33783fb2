"""The command that scores detectors: score."""

from __future__ import annotations

import shlex
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audioset_duck.cli.console import (
    PATH,
    LoadedCommand,
    Settings,
    echo_table,
    pass_settings,
    shared_options,
    typed,
)

if TYPE_CHECKING:
    from audioset_duck.score.summary import Summary


def _number(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> Decimal | None:
    """Read an option as the finite number that was typed."""
    if value is None:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise click.BadParameter(f"{value!r} is not a number", context, parameter)
    return number


@click.command(short_help="Compare a detector's scores with the labels.", cls=LoadedCommand)
@click.option("--target", required=True, metavar="NAME", help="Target that is detected.")
@click.option(
    "--predictions",
    "files",
    type=PATH,
    multiple=True,
    required=True,
    metavar="FILE",
    help="Scores, as parquet, csv or tsv. May be given several times, for parts of one detector's"
    " scores.",
)
@click.option(
    "--detector",
    metavar="NAME",
    help="Name of the detector. [default: the column detector of the file, or the file's name]",
)
@click.option(
    "--subset",
    metavar="NAME",
    help="Subset to score on. [default: strong_eval; samples and 960 ms frames of"
    " strong_eval_framed say it themselves]",
)
@click.option(
    "--hop",
    "hop_seconds",
    callback=_number,
    metavar="SECONDS",
    help="Distance of frames, for lists and numbered frames.",
)
@click.option(
    "--median-filter",
    type=int,
    default=1,
    show_default=True,
    metavar="FRAMES",
    help="Smooth frames by a median of so many, an odd number.",
)
@click.option("--logits", "is_logit", is_flag=True, help="Scores are logits, not probabilities.")
@click.option(
    "--alarms-per-hour",
    callback=_number,
    default="1",
    show_default=True,
    metavar="N",
    help="Look at the mistakes at the threshold that gives at most N false alarms per hour.",
)
@click.option("--threshold", callback=_number, metavar="T", help="Look at those at this threshold.")
@click.option(
    "--replicates",
    type=click.IntRange(min=0, max=2000),
    default=200,
    show_default=True,
    metavar="N",
    help="Bootstrap replicates for intervals; 0: no intervals.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of the replicates.",
)
@click.option(
    "--implicit-negatives",
    is_flag=True,
    help="Take 960 ms frames of which nothing is known for negatives.",
)
@click.option("--partial", is_flag=True, help="Score what there is, if clips have no score.")
@click.option("--out", type=PATH, metavar="DIR", help="Write charts and a page to this folder.")
@shared_options
@pass_settings
def score(
    settings: Settings,
    /,
    target: str,
    files: tuple[Path, ...],
    out: Path | None,
    **options: Any,
) -> None:
    """Compare a detector's scores with the labels: how good it is, and what fools it.

    A file of predictions has one of these sets of columns. Others are ignored, but for a column
    detector, which names the detectors of a file with several.

    \b
    sample_key, score             a score for each sample of a split
    clip_id, scores               a list of frames for each clip, with --hop
    clip_id, start_seconds, score a row for each frame
    clip_id, frame, score         the same with numbers from 0, with --hop
    clip_id, score                a score for each clip

    The results are relations of the target: detectors, scores, ranking_metrics, event_metrics,
    operating_points, alarms, false_alarm_labels, recall_by, suspects and more. Detectors that were
    scored before stay; one of the same name is replaced.

    \b
    Examples
      audioset-duck score --target gun --predictions mine.parquet --hop 0.04
      audioset-duck score --target gun --predictions mine.csv.gz --out scored
    """
    from audioset_duck.catalog.connection import open_catalog
    from audioset_duck.catalog.state import has_inventory
    from audioset_duck.score.options import ScoreOptions
    from audioset_duck.score.scoring import score as score_files
    from audioset_duck.score.summary import summarise

    detectors = score_files(settings.catalog, target, files, ScoreOptions(**options))
    with open_catalog(settings.catalog) as connection:
        can_listen = has_inventory(connection)
        for detector in detectors:
            summary = summarise(connection, target, detector)
            _echo(summary, settings, target, can_listen=can_listen)
        if out is not None:
            from audioset_duck.report.catalog_report import score_report

            for path in score_report(connection, out, target, detectors):
                click.echo(path)


def _echo(summary: Summary, settings: Settings, target: str, *, can_listen: bool) -> None:
    click.echo(f"{summary.title}\n")
    echo_table(summary.metrics)
    click.echo()
    click.echo(summary.sounds_title)
    if summary.sounds.rows:
        echo_table(summary.sounds)
    click.echo()
    for note in summary.notes:
        click.echo(f"Note: {note}")
    if not settings.quiet:
        click.echo("Look at next:")
        for query in summary.next_queries:
            click.echo(f"  {typed(settings, f'sql {shlex.quote(query)}')}")
        if can_listen:
            command = f"listen --target {target} --role suspects"
            click.echo(f"  {typed(settings, command)}")
