"""Progress bars on stderr, one switch for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

_is_quiet = False


def set_quiet(is_quiet: bool) -> None:
    """Show no progress bars in this process from now on, or show them again."""
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
    """A progress bar that appears after a second, and only if stderr is a terminal.

    Args:
        steps: What is iterated over. None: the caller calls `update` of what is returned, which is
            also a context manager.
        name: What is done, as in "build".
        unit: What is counted, as in "file".
        total: How many steps there are, if that is known and `steps` has no length.
        **options: More arguments of `tqdm`.

    Returns:
        The bar. Iterating over it gives the steps.
    """
    return tqdm(
        steps,
        desc=name,
        unit=unit,
        total=total,
        **{"delay": 1, "leave": False, "disable": True if _is_quiet else None} | options,
    )
