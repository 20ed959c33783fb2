"""What a report consists of: sections, and the pictures in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from audioset_duck.report.charts.base import Panel

# How many labels a panel shows that stands beside others.
FEW = 20


@dataclass(frozen=True)
class Picture:
    """Panels that are written to one file.

    Attributes:
        stem: The file's name without its ending; None if the panels are only on the page.
        title: The heading.
        panels: The charts.
        columns: How many panels stand side by side.
        width: The width of each panel, in pixels.
    """

    stem: str | None
    title: str
    panels: list[Panel]
    columns: int = 3
    width: int = 360


@dataclass(frozen=True)
class Moment:
    """A moment of a video that the page links to.

    Attributes:
        score: The score of a detector there.
        place: The clip, and the times in it.
        url: The address of the video at that moment.
        title: The labels that are active.
    """

    score: str
    place: str
    url: str
    title: str


@dataclass(frozen=True)
class Section:
    """A part of the report: a subset, a target, a detector, or a comparison.

    Attributes:
        title: The heading.
        draw: Draws the pictures; those without data are left out.
        tables: The CSV files: name without its ending, and the query whose rows they hold.
        note: A warning about the data, as a sentence; may be empty.
        figures: Key figures as pairs of a name and a value.
        short_title: The heading of the key figures, if it differs from `title`.
        moments: What the reader may listen to.
        moments_title: The heading of these.
    """

    title: str
    draw: Callable[[], list[Picture]]
    tables: dict[str, str]
    note: str = ""
    figures: list[tuple[str, str]] = field(default_factory=list)
    short_title: str = ""
    moments: list[Moment] = field(default_factory=list)
    moments_title: str = ""


def height_beside_bars(bar_count: int) -> int:
    """The height of a chart that stands beside bars, in pixels, so that both end alike."""
    return max(260, 20 * bar_count)
