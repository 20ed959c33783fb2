"""What a report consists of: sections, and the pictures in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from audioset_duck.report.charts.base import Panel, Rows

# How many labels a panel shows that stands beside others.
FEW = 20


@dataclass(frozen=True)
class Picture:
    """Panels that are written to one file.

    Attributes:
        stem: The file's name without its ending.
        title: The heading.
        panels: The charts; a picture without any is left out.
        columns: How many panels stand side by side.
        width: The width of each panel, in pixels.
    """

    stem: str
    title: str
    panels: list[Panel]
    columns: int = 3
    width: int = 360


@dataclass(frozen=True)
class Section:
    """A part of the report: a subset, a target, a detector, or a comparison.

    Attributes:
        title: The heading.
        draw: Draws the pictures.
        tables: The CSV files: name without its ending, and the query whose rows they hold.
        note: A warning about the data, as a sentence; may be empty.
        figures: Key figures as pairs of a name and a value.
        short_title: The heading of the key figures, if it differs from `title`.
        alarms: Of a detector, the rows of `worst_alarms`, which the page links to.
    """

    title: str
    draw: Callable[[], list[Picture]]
    tables: dict[str, str]
    note: str = ""
    figures: list[tuple[str, str]] = field(default_factory=list)
    short_title: str = ""
    alarms: Rows = field(default_factory=list)
