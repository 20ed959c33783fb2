"""The command line: its group of commands, and where it starts.

Commands import what they need when they run, so that `--help` starts at once.
"""

from __future__ import annotations

try:
    import logging
    import signal

    import click

    from audioset_duck.cli.audio_commands import extract, scan
    from audioset_duck.cli.catalog_commands import build, check, info, labels, sql, targets
    from audioset_duck.cli.console import (
        STOPS,
        Group,
        StderrHandler,
        print_in_any_encoding,
        shared_options,
    )
    from audioset_duck.cli.listen_command import listen
    from audioset_duck.cli.output_commands import export, report
    from audioset_duck.cli.score_command import score
    from audioset_duck.cli.start_commands import demo, download
except KeyboardInterrupt:
    # The script imports this module before it calls `main`.
    raise SystemExit(130) from None


@click.group("audioset-duck", cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="audioset-duck", prog_name="audioset-duck")
@shared_options
def cli() -> None:
    """AudioSet as SQL: targets, negatives, windows and training batches in one DuckDB catalog.

    \b
    To start
      audioset-duck demo
      audioset-duck build --target gun --metadata DIR
    """
    log = logging.getLogger("audioset_duck")
    log.handlers = [StderrHandler()]
    log.propagate = False


for command in (
    *(build, check, demo, download, export, extract, info, labels, listen),
    *(report, scan, score, sql, targets),
):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    # Until `Group` handles it, Ctrl-C ends the process without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    print_in_any_encoding()
    try:
        cli()
    finally:
        # The work is done. Python's own shutdown must not be interrupted.
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)
