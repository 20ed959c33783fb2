"""Progress bars on stderr, with one switch for all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

_is_quiet = False


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
    return tqdm(
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
