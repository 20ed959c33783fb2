"""Progress bars on stderr, with one switch for all of them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

# How often a bar shows that time passes.
_SECONDS_BETWEEN_MOVES = 1

_is_quiet = False


class _Bar(tqdm):  # type: ignore[misc]
    """A bar that is drawn after its delay, moves every second, and is cleared if it was drawn.

    `tqdm` alone draws a bar when a step ends: during one that takes long, nothing would move. A
    postfix and `tqdm.write` draw any bar, and `tqdm` does not clear one that it did not draw
    itself: what is printed next would begin in the middle of its line.
    """

    _is_drawn = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._closed = threading.Event()
        self._clock = threading.Thread(target=self._move, daemon=True)
        if not self.disable:
            self._clock.start()

    def _move(self) -> None:
        while not self._closed.wait(_SECONDS_BETWEEN_MOVES):
            self.refresh()

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Draw the bar, or `msg` in its place."""
        # The start is not set yet if the delay is 0.
        begins = getattr(self, "start_t", 0) + self.delay
        if not self._is_drawn and (msg == "" or time.time() < begins):
            return False
        self._is_drawn = True
        return bool(super().display(msg, pos))

    def close(self) -> None:
        """Clear the bar, or leave its last state if it was asked to."""
        if not self.disable:
            self._closed.set()
            self._clock.join()
        if self._is_drawn:
            self.delay = 0
        super().close()


def set_quiet(is_quiet: bool) -> None:
    """Switch the progress bars of this process off or on."""
    global _is_quiet
    _is_quiet = is_quiet


def progress(
    steps: Iterable[Item] | None = None,
    *,
    name: str,
    unit: str,
    total: int | None = None,
    **options: Any,
) -> tqdm[Item]:
    """Return a progress bar that appears after a second, and only if stderr is a terminal.

    Args:
        steps: The steps to iterate over. None: the caller calls the bar's `update`, and uses it as
            a context manager.
        name: What is in progress, as in "build".
        unit: What a step is, as in "file".
        total: The number of steps, if it is known and `steps` has no length.
        **options: Further arguments of `tqdm`.

    Returns:
        The bar; iterating over it yields the steps.
    """
    return _Bar(
        steps,
        desc=name,
        unit=unit,
        total=total,
        **{"delay": 1, "leave": False, "disable": True if _is_quiet else None} | options,
    )


def report(line: str) -> None:
    """Print a line on stderr, clear of the bars, unless they are switched off."""
    if not _is_quiet:
        tqdm.write(line, file=sys.stderr)
