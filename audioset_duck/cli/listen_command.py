"""The command to listen to samples: listen."""

from __future__ import annotations

from pathlib import Path

import click

from audioset_duck.cli.console import PATH, LoadedCommand, Settings, pass_settings, shared_options


@click.command(short_help="Write a page to play samples and mark their labels.", cls=LoadedCommand)
@click.argument("keys", nargs=-1, metavar="[SAMPLE_KEY]...")
@click.option("--target", metavar="NAME", help="Target whose labels are in question.")
@click.option(
    "--role",
    metavar="ROLE",
    help="positive, strong_negative, weak_negative, weak_positive, suspects, alarms, misses"
    " or conflicts.",
)
@click.option(
    "--sql",
    metavar="QUERY",
    help="Query that gives sample_key; or clip_id, start_seconds and end_seconds.",
)
@click.option(
    "--detector",
    metavar="NAME",
    help="Detector that was scored. [default: the only one; all for suspects]",
)
@click.option("--split", metavar="NAME", help="train or eval, for random samples. [default: both]")
@click.option(
    "--limit",
    type=int,
    metavar="N",
    help="The most samples of the page. [default: 20; all keys that are given]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of random samples.",
)
@click.option(
    "--out",
    type=PATH,
    default="listen.html",
    show_default=True,
    metavar="FILE",
    help="File of the page.",
)
@click.option(
    "--most-mb",
    type=click.FloatRange(min=0),
    default=50,
    show_default=True,
    metavar="MB",
    help="The largest size of the page.",
)
@shared_options
@pass_settings
def listen(
    settings: Settings,
    keys: tuple[str, ...],
    target: str | None,
    role: str | None,
    sql: str | None,
    detector: str | None,
    split: str | None,
    limit: int | None,
    seed: int,
    out: Path,
    most_mb: float,
) -> None:
    """Write a page to play samples and mark their labels as correct, incorrect or unsure.

    The page is one file, which needs no network: audio with a second before and after, its
    spectrogram, the events of the clip, labels and scores. The marks are saved from the page as
    corrections.csv.

    \b
    positive, strong_negative,      random samples of a role
    weak_negative, weak_positive
    suspects    labels that the scores of detectors contradict
    alarms      false alarms of a detector, the highest score first
    misses      events that a detector does not find, the lowest score first
    conflicts   where weak and strong labels disagree, the rarest first

    A query may also give subset, event_id, label_id, detector, score and reason. The relations of
    the target need no schema in it.

    \b
    Examples
      audioset-duck listen --target gun --role positive --limit 50
      audioset-duck listen --target gun --role suspects --out suspects.html
      audioset-duck listen --target gun --sql "from suspects where kind = 'negative'"
    """
    from audioset_duck.listen.page import write_page
    from audioset_duck.listen.selection import Selection

    selection = Selection(target, role, sql, keys, detector, split, limit, seed)
    write_page(settings.catalog, out, selection, most_mb)
    click.echo(out)
