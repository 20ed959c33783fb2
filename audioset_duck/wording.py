"""Words of messages that follow from their numbers."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A number of things: `1 clip`, `2,000 clips`.

    Args:
        count: The number.
        noun: The word for one of them.
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
