"""The items of a page, as the catalog has them: times, labels, scores, and where the audio is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb

from audioset_duck.catalog.models import render_query
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.listen.selection import Selection, chosen_detector, detectors
from audioset_duck.sqltext import identifier

# The queries of `sql/listen/` that become temporary tables of their names, in this order: from the
# chosen rows to the items.
_STEPS = (
    "positive_labels",
    "named_rows",
    "named_clips",
    "clip_sources",
    "named_samples",
    "placed_rows",
    "active_rows",
    "chosen_items",
)


@dataclass(frozen=True)
class Label:
    """A label by its title, and whether it is a positive label of the target."""

    title: str
    is_target: bool


@dataclass(frozen=True)
class Event:
    """An event of a clip: its label, its times in the clip, and whether it is of the target."""

    title: str
    start_seconds: Decimal
    end_seconds: Decimal
    is_target: bool


@dataclass(frozen=True)
class Score:
    """The highest score of a detector on an item; without a detector, one that a query gives."""

    detector: str | None
    score: float


@dataclass(frozen=True)
class Item:
    """One sample, labelled event or part of a clip to listen to.

    Attributes:
        sample_key: The key, if it is a sample.
        subset: The subset that the labels are of.
        clip_id: The clip.
        event_id: The event, if it is one and not a sample.
        label_id: The label that is in question, if it is not a sample.
        role: The role of the sample.
        is_positive: Whether the labels say that the target is active in it.
        title: The title of the label of the sample or event; None for a whole clip.
        start_seconds: Its start, from the start of the clip.
        end_seconds: Its end, exclusive.
        clip_seconds: The length of the clip.
        audio_path: The audio file; None: there is none.
        byte_offset: Where in the file the audio begins; None: the audio is the whole file.
        byte_count: How many bytes it has.
        url: The moment of the video.
        reason: Why it is shown.
        scores: The scores on it.
        events: All events of the clip, those of the target first.
        labels: The labels that are active in it.
        clip_labels: The labels of the clip in the weak subsets.
    """

    sample_key: str | None
    subset: str
    clip_id: str
    event_id: int | None
    label_id: str | None
    role: str | None
    is_positive: bool
    title: str | None
    start_seconds: Decimal
    end_seconds: Decimal
    clip_seconds: Decimal
    audio_path: str | None
    byte_offset: int | None
    byte_count: int | None
    url: str
    reason: str
    scores: list[Score] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    clip_labels: list[Label] = field(default_factory=list)


def read_items(connection: duckdb.DuckDBPyConnection, selection: Selection) -> list[Item]:
    """Read the items that `chosen_rows` names, in its order.

    Args:
        connection: The catalog, after `choose`.
        selection: What was chosen by.

    Raises:
        AudiosetDuckError: A sample or a clip is not in the catalog.
    """
    schema = identifier(selection.target) if selection.target else ""
    for name in _STEPS:
        _, query = render_query(f"listen/{name}", schema=schema)
        connection.execute(f"create or replace temp table {name} as {query}")
    rows = _rows(connection, "select * from chosen_items order by place")
    for row in rows:
        _check(row, selection.target)
    events = _by_place(connection, "events")
    clip_labels = _by_place(connection, "weak_labels")
    scores: dict[int, list[dict[str, Any]]] = {}
    if detectors(connection, selection.target):
        detector = chosen_detector(connection, selection)
        scores = _by_place(connection, "scores", schema=schema, detector=detector)
    return [
        _item(row, *(found.get(row["place"], []) for found in (events, clip_labels, scores)))
        for row in rows
    ]


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _by_place(
    connection: duckdb.DuckDBPyConnection, name: str, **variables: Any
) -> dict[int, list[dict[str, Any]]]:
    """The rows of a query of `sql/listen/`, by the place of their item."""
    found = defaultdict(list)
    for row in _rows(connection, render_query(f"listen/{name}", **variables)[1]):
        found[row["place"]].append(row)
    return found


def _check(row: dict[str, Any], target: str | None) -> None:
    """Raise if the catalog does not have what a row names."""
    key = row["sample_key"]
    if key is not None and row["start_seconds"] is None:
        raise AudiosetDuckError(
            f"{target} has no sample {key!r}; expected a sample_key of {target}.samples, which"
            " leaves out samples without audio"
        )
    clip = row["named_clip_id"]
    if row["clip_id"] is None:
        raise AudiosetDuckError(
            f"there is no clip {clip!r} in the catalog; expected a clip_id, which is a YouTube id"
            " and the start in milliseconds, as in weak_clips and strong_events"
        )
    if not row["is_in_subset"]:
        raise AudiosetDuckError(f"clip {clip!r} is not in the subset {row['subset']!r}")


def _item(
    row: dict[str, Any],
    events: Sequence[dict[str, Any]],
    clip_labels: Sequence[dict[str, Any]],
    scores: Sequence[dict[str, Any]],
) -> Item:
    start, end = row["start_seconds"], row["end_seconds"]
    weak = [Label(label["title"], label["is_target"]) for label in clip_labels]
    active = {
        Label(event["title"], event["is_target"]): None
        for event in events
        if event["start_seconds"] < end and event["end_seconds"] > start
    }
    found = [Score(score["detector"], score["score"]) for score in scores]
    if row["score"] is not None and row["detector"] not in [score.detector for score in found]:
        found.insert(0, Score(row["detector"], row["score"]))
    return Item(
        **{
            name: row[name]
            for name in Item.__dataclass_fields__
            if name not in ("title", "scores", "events", "labels", "clip_labels")
        },
        title=row["item_title"],
        scores=found,
        events=[
            Event(event["title"], event["start_seconds"], event["end_seconds"], event["is_target"])
            for event in events
        ],
        labels=weak if row["subset"].startswith("weak") else list(active),
        clip_labels=weak,
    )
