"""What a terminal shows: tables that fit it, and bars that leave nothing behind."""

import contextlib
import io
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from audioset_duck import progress as bars
from audioset_duck.catalog.query import Table
from audioset_duck.cli import console
from audioset_duck.wording import counted

REASONS = [f"audio_missing {count:,}" for count in range(1000, 1010)]
TABLE = Table(
    ["relation", "samples", "excluded"],
    [("gun.samples", 1234, REASONS), ("x" * 50, None, ["none"])],
)


def lines_at(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> list:
    monkeypatch.setattr(console.sys.stdout, "isatty", lambda: bool(width), raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    console.echo_table(TABLE)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [72, 80, 100, 120])
def test_a_table_fits_a_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    lines = lines_at(width, monkeypatch, capsys)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    # No line ends between a reason and its number.
    assert all(f"{reason};" in text for reason in REASONS[:-1])
    assert "1,234" in lines[2]


def test_elsewhere_a_row_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    lines = lines_at(0, monkeypatch, capsys)
    assert len(lines) == 4
    assert lines[2].endswith("; ".join(REASONS))


def test_columns_without_room_stay_readable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    lines = lines_at(20, monkeypatch, capsys)
    assert lines[0] == f"{'relation':20}  samples  excluded"


class Terminal(io.StringIO):
    """A terminal that remembers what its last line shows."""

    def isatty(self) -> bool:
        return True

    def shown(self) -> str:
        line = ""
        for part in self.getvalue().split("\n")[-1].split("\r"):
            line = part + line[len(part) :]
        return line.strip()


@contextlib.contextmanager
def terminal() -> Iterator[Terminal]:
    """A terminal in place of stderr, which pytest would replace again after a fixture."""
    with contextlib.redirect_stderr(Terminal()) as stderr:
        yield stderr


def test_a_short_bar_is_not_drawn() -> None:
    with terminal() as shown, bars.progress(name="build", unit="model", total=3) as bar:
        for name in "abc":
            bar.set_postfix_str(name)
            bar.update()
        bars.report("a line")
    assert shown.getvalue().strip() == "a line"


def test_a_bar_that_was_drawn_is_cleared() -> None:
    with terminal() as shown:
        with bars.progress(name="build", unit="model", total=3, delay=0.05) as bar:
            time.sleep(0.1)
            bar.set_postfix_str("a")
            assert "build" in shown.shown()
        assert shown.shown() == ""


def test_a_bar_moves_during_a_long_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "_SECONDS_BETWEEN_MOVES", 0.02)
    with terminal() as shown:
        with bars.progress(name="build", unit="model", total=3, delay=0.05):
            begun = time.monotonic()
            while "build" not in shown.shown():
                assert time.monotonic() < begun + 30
                time.sleep(0.01)
        assert shown.shown() == ""


def test_words_follow_their_numbers() -> None:
    assert [counted(n, "clip") for n in (0, 1, 2000)] == ["0 clips", "1 clip", "2,000 clips"]


@pytest.mark.parametrize(
    ("code", "returncode"),
    [
        # While the script imports the commands, and before one is chosen.
        (
            "class Stop:\n    def find_spec(self, name, *_):\n"
            "        if name == 'click': raise KeyboardInterrupt\n"
            "sys.meta_path.insert(0, Stop())\n"
            "from audioset_duck.cli.commands import main",
            130,
        ),
        (
            "from audioset_duck.cli import commands\n"
            "commands.print_in_any_encoding = lambda: signal.raise_signal(signal.SIGINT)\n"
            "commands.main()",
            -signal.SIGINT,
        ),
    ],
    ids=["import", "start"],
)
def test_an_interrupt_of_the_start_is_silent(code: str, returncode: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import signal, sys\n{code}"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (returncode, b"", b"")
