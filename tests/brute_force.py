"""The contract's rules once more, in plain Python over the files: no SQL, no shared code.

Times are whole milliseconds. A relation is a list of tuples in the order of the source rows.
"""

import gzip
import itertools
from pathlib import Path
from typing import NamedTuple

STRONG = {
    "train": "audioset_train_strong.tsv",
    "eval": "audioset_eval_strong.tsv",
    "eval_framed": "audioset_eval_strong_framed_posneg.tsv",
}
WEAK = {
    "unbalanced_train": "unbalanced_train_segments.csv",
    "balanced_train": "balanced_train_segments.csv",
    "eval": "eval_segments.csv",
}


class Event(NamedTuple):
    dataset: str
    clip_id: str
    start: int
    end: int
    label: str


class Clip(NamedTuple):
    dataset: str
    clip_id: str
    ytid: str
    start: int
    end: int
    labels: tuple[str, ...]


def milliseconds(text: str) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole) * 1000 + int(fraction.ljust(3, "0"))


def read_lines(folder: Path, name: str) -> list[str]:
    plain = folder / name
    if plain.exists():
        return plain.read_text().splitlines()
    packed = folder / f"{name}.gz"
    if packed.exists():
        with gzip.open(packed, "rt") as stream:
            return stream.read().splitlines()
    return []


def present_events(folder: Path) -> list[Event]:
    events = []
    for dataset, name in STRONG.items():
        for line in read_lines(folder, name)[1:]:
            clip_id, start, end, label, *present = line.split("\t")
            if present != ["NOT_PRESENT"]:
                events.append(
                    Event(dataset, clip_id, milliseconds(start), milliseconds(end), label)
                )
    return events


def clips(folder: Path) -> list[Clip]:
    found = []
    for dataset, name in WEAK.items():
        for line in read_lines(folder, name)[3:]:
            ytid, start, end, labels = line.split(", ", maxsplit=3)
            start_ms = milliseconds(start)
            found.append(
                Clip(
                    dataset,
                    f"{ytid}_{start_ms}",
                    ytid,
                    start_ms,
                    milliseconds(end),
                    tuple(labels.strip('"').split(",")),
                )
            )
    return found


def windows(start: int, end: int, length: int) -> list[tuple[int, int]]:
    """Rule 5, by walking along the event."""
    cut = []
    position = start
    while position + length <= end:
        cut.append((position, position + length))
        position += length
    rest = end - position
    if rest > 0:
        if rest * 2 >= length:
            cut.append((position, end))
        else:
            cut.append((max(start, end - length), end))
    return cut


class Target(NamedTuple):
    positive_events: list[tuple[Event, bool]]
    negative_events: list[Event]
    positive_segments: list[tuple[Event, bool, int]]
    negative_segments: list[tuple[Event, int]]
    weak_negatives: list[Clip]


def target(
    events: list[Event],
    weak_clips: list[Clip],
    positive: set[str],
    ignored: set[str] = frozenset(),
    length: int = 1000,
) -> Target:
    by_clip: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        by_clip.setdefault((event.dataset, event.clip_id), []).append(event)
    positives, negatives = [], []
    tainted = {
        key
        for key, heard in by_clip.items()
        if not (positive | ignored).isdisjoint(event.label for event in heard)
    }
    for event in events:
        key = (event.dataset, event.clip_id)
        if key not in tainted:
            negatives.append(event)
        if event.label in positive:
            overlapped = any(
                other.label not in positive and other.start < event.end and other.end > event.start
                for other in by_clip[key]
            )
            positives.append((event, overlapped))
    return Target(
        positives,
        negatives,
        [
            (event._replace(start=start, end=end), overlapped, index)
            for event, overlapped in positives
            for index, (start, end) in enumerate(windows(event.start, event.end, length))
        ],
        [
            (event._replace(start=start, end=end), index)
            for event in negatives
            for index, (start, end) in enumerate(windows(event.start, event.end, length))
        ],
        [clip for clip in weak_clips if not (positive | ignored) & set(clip.labels)],
    )


def below(children: dict[str, list[str]], labels: set[str]) -> set[str]:
    """All classes below some, at any depth."""
    found: set[str] = set()
    waiting = list(itertools.chain.from_iterable(children.get(label, []) for label in labels))
    while waiting:
        label = waiting.pop()
        if label not in found:
            found.add(label)
            waiting.extend(children.get(label, []))
    return found
