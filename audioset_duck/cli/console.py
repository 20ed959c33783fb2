"""How the command line behaves: paths, shared options, failures, signals, tables."""

from __future__ import annotations

import codecs
import errno
import io
import itertools
import logging
import re
import shlex
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import check_utf8
from audioset_duck.interrupts import defer_interrupts

if TYPE_CHECKING:
    from audioset_duck.catalog.query import Table

Command = TypeVar("Command", bound=Callable[..., Any])


class Utf8Path(click.Path):
    """A path that the catalog can hold."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path, or fail with what is wrong with it."""
        try:
            return check_utf8(Path(str(super().convert(value, param, ctx))))
        except AudiosetDuckError as error:
            raise click.ClickException(str(error)) from None


PATH = Utf8Path()
DEFAULT_CATALOG = Path("catalog.duckdb")
FULL = "free some of the disk and run the same command again, or use another disk"
# A blank at which no line ends.
_NO_BREAK = "\xa0"
# Columns of text are not narrowed further.
_NARROWEST = 20
STOPS: dict[int, str] = {signal.SIGINT: "Interrupted", signal.SIGTERM: "Terminated"}


@dataclass
class Settings:
    """The options that every command has."""

    catalog: Path = DEFAULT_CATALOG
    config: Path | None = None
    quiet: bool = False


# Passes the settings to a command, as its first argument.
pass_settings = click.make_pass_decorator(Settings, ensure=True)


class LoadedCommand(click.Command):
    """A command that starts when DuckDB is loaded."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; if there are too many, name an option that takes one."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            options = {name for parameter in self.params for name in parameter.opts}
            likely = [name for name in ("--target", "--audio-root") if name in options]
            if "extra argument" in error.message and likely:
                message = f"{error.message}; is an option missing before it, such as {likely[0]}?"
                raise click.UsageError(message, ctx) from None
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        # An interrupt while DuckDB is loaded would abort the process.
        with defer_interrupts():
            import duckdb  # noqa: F401
        from audioset_duck.progress import set_quiet

        set_quiet(ctx.ensure_object(Settings).quiet)
        return super().invoke(ctx)


class Group(click.Group):
    """Commands whose failures are a message on stderr and exit 1, never a traceback."""

    command_class = LoadedCommand

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors that a user can fix become a message."""
        settings = ctx.ensure_object(Settings)
        stopped_by: list[int] = []

        def stop(number: int, _: object) -> None:
            stopped_by.append(number)
            raise KeyboardInterrupt

        try:
            for number in STOPS:
                signal.signal(number, stop)
            return super().invoke(ctx)
        except BaseException as error:
            # Whatever exception a library made of the signal.
            if stopped_by:
                click.echo(STOPS[stopped_by[0]], err=True)
                ctx.exit(128 + stopped_by[0])
            if message := _explain(error, settings.catalog):
                raise click.ClickException(printable(message)) from None
            raise


def _explain(error: BaseException, catalog: Path) -> str | None:
    """The message for an error; None if it is a bug, which gets a traceback."""
    if isinstance(error, AudiosetDuckError):
        return str(error)
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        where = f"{error.filename}: " if error.filename else ""
        full = f"; {FULL}" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        return f"{where}{error.strerror or error}{full}"
    duckdb = sys.modules.get("duckdb")
    if duckdb is not None and isinstance(error, duckdb.Error):
        return _explain_query(error, catalog)
    return None


def _explain_query(error: Exception, catalog: Path) -> str:
    """The message for an error of DuckDB, with what the user can do about it."""
    from audioset_duck.catalog.connection import damage
    from audioset_duck.catalog.state import other_version

    message = str(error)
    if outdated := other_version(catalog, error):
        return outdated
    if lost := re.search(r'No files found that match the pattern "(.*?)"', message):
        return (
            f"the catalog was built with --live and reads {lost[1]}, which does not exist; put the"
            " file back, or build the catalog again"
        )
    if "No space left on device" in message:
        return f"{message.splitlines()[0]}; {FULL}"
    if message.startswith("Out of Memory Error"):
        return f"{message.splitlines()[0]}; give the build more with --memory-limit"
    return damage(catalog, error) or message


# What is longer is not a path.
_LONG_WORD = re.compile(r"[^\s'\";,]{5000,}")
_SHOWN_CHARACTERS = 200


class StderrHandler(logging.Handler):
    """Writes warnings to stderr, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one warning."""
        from tqdm import tqdm

        message = printable(record.getMessage())
        tqdm.write(f"{record.levelname.capitalize()}: {message}", file=sys.stderr)


def printable(text: str) -> str:
    """Escape control characters, which names and rows of a file could send to a terminal.

    Of very long words, only the beginning is shown.
    """
    shortened = _LONG_WORD.sub(
        lambda found: f"{found[0][:_SHOWN_CHARACTERS]}… ({len(found[0]):,} characters)", text
    )
    return re.sub(r"[^\n\t -~\xa0-\U0010ffff]", lambda found: repr(found[0])[1:-1], shortened)


# The frames of the tables that DuckDB draws.
_FRAMES = str.maketrans(dict.fromkeys("─", "-") | {"│": "|"} | dict.fromkeys("┌┐└┘├┤┬┴┼", "+"))


def _replace_unencodable(error: UnicodeError) -> tuple[str | bytes, int]:
    """Draw frames in ASCII and escape other characters, as a handler of encoding errors."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_FRAMES)
    return text.encode("ascii", "backslashreplace").decode(), error.end


def print_in_any_encoding() -> None:
    """Let stdout and stderr print what their encoding cannot: not every terminal has UTF-8."""
    codecs.register_error("audioset-duck", _replace_unencodable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="audioset-duck")


def shared_options(command: Command) -> Command:
    """Add the options that can stand before or after the name of a command."""

    def remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value is not None:
            setattr(ctx.ensure_object(Settings), str(parameter.name), value)

    options: dict[str, Any] = {"callback": remember, "expose_value": False}
    for option in (
        click.option(
            "--quiet",
            is_flag=True,
            default=None,
            help="Show no progress bars and no hints.",
            **options,
        ),
        click.option(
            "--config",
            type=PATH,
            metavar="FILE",
            help="Configuration file. [default: audioset-duck.toml, if it exists]",
            **options,
        ),
        click.option(
            "--catalog",
            type=PATH,
            metavar="PATH",
            help="Catalog file. [default: catalog.duckdb]",
            **options,
        ),
    ):
        command = option(command)
    return command


def typed(settings: Settings, command: str) -> str:
    """A command as it is typed, for this catalog."""
    catalog = settings.catalog
    option = "" if catalog == DEFAULT_CATALOG else f" --catalog {shlex.quote(str(catalog))}"
    return f"audioset-duck {command}{option}"


def metadata_option(command: Command) -> Command:
    """Add the option of commands that create the catalog if there is none."""
    return click.option(
        "--metadata",
        type=PATH,
        metavar="DIR",
        help="Folder of the source files, if the catalog does not exist yet.",
    )(command)


def limit_options(command: Command) -> Command:
    """Add the options that say which clips are valid."""
    command = click.option(
        "--silence-db-threshold",
        type=click.FloatRange(max=0),
        default=-60.0,
        show_default=True,
        metavar="DBFS",
        help="A clip whose loudest sample is below this level is silent. So is one whose channels"
        " cancel each other out to less.",
    )(command)
    return click.option(
        "--min-duration",
        type=click.FloatRange(min=0),
        default=0.5,
        show_default=True,
        metavar="SECONDS",
        help="A shorter clip is invalid.",
    )(command)


def echo_table(table: Table) -> None:
    """Print rows in columns, numbers aligned to the right; on a terminal, as wide as it is."""
    cells = [[_cell(value) for value in row] for row in table.rows]
    widths = [
        max(len(cell) for cell in column) for column in zip(table.columns, *cells, strict=True)
    ]
    numeric = [
        all(isinstance(row[index], int | float | Decimal | None) for row in table.rows)
        for index in range(len(table.columns))
    ]
    # Elsewhere a row is a line, for other programs to read.
    if sys.stdout.isatty():
        widths = _fitted(table.columns, widths, numeric, shutil.get_terminal_size().columns)
    for row in (table.columns, ["-" * width for width in widths], *cells):
        wrapped = [
            textwrap.wrap(cell, width) if len(cell) > width else [cell]
            for cell, width in zip(row, widths, strict=True)
        ]
        for line in itertools.zip_longest(*wrapped, fillvalue=""):
            aligned = (
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(line, widths, numeric, strict=True)
            )
            click.echo("  ".join(aligned).rstrip().replace(_NO_BREAK, " "))


def _fitted(
    headings: Sequence[str], widths: Sequence[int], numeric: Sequence[bool], most: int
) -> list[int]:
    """Widths that add up to at most `most` where columns of text can be narrowed to it."""
    fitted = list(widths)
    texts = [
        index
        for index, heading in enumerate(headings)
        if not numeric[index] and widths[index] > max(len(heading), _NARROWEST)
    ]
    while sum(fitted) + 2 * (len(fitted) - 1) > most and texts:
        widest = max(texts, key=lambda index: fitted[index])
        if fitted[widest] <= max(len(headings[widest]), _NARROWEST):
            break
        fitted[widest] -= 1
    return fitted


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return "; ".join(_cell(item).replace(" ", _NO_BREAK) for item in value)
    return "" if value is None else printable(str(value)).replace("\n", "\\n")
