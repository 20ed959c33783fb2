"""The contract's rules once more, in plain Python over the files: no SQL, no shared code.

Times are whole milliseconds. A relation is a list of tuples in the order of the source rows.
"""

import functools
import gzip
import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

STRONG = {
    "strong_train": "audioset_train_strong.tsv",
    "strong_eval": "audioset_eval_strong.tsv",
    "strong_eval_framed": "audioset_eval_strong_framed_posneg.tsv",
}
WEAK = {
    "weak_unbalanced_train": "unbalanced_train_segments.csv",
    "weak_balanced_train": "balanced_train_segments.csv",
    "weak_eval": "eval_segments.csv",
}


class Event(NamedTuple):
    subset: str
    event_id: int
    clip_id: str
    start: int
    end: int
    label: str


class Clip(NamedTuple):
    subset: str
    clip_id: str
    ytid: str
    start: int
    end: int
    labels: tuple[str, ...]


@functools.cache
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
    """Events that are present, each with the number of its row in its file."""
    found = []
    for subset, name in STRONG.items():
        for row, line in enumerate(read_lines(folder, name)[1:], start=1):
            clip_id, start, end, label, *present = line.split("\t")
            if present != ["NOT_PRESENT"]:
                times = milliseconds(start), milliseconds(end)
                found.append(Event(subset, row, clip_id, *times, label))
    return found


def clips(folder: Path) -> list[Clip]:
    found = []
    for subset, name in WEAK.items():
        for line in read_lines(folder, name)[3:]:
            ytid, start, end, labels = line.split(", ", maxsplit=3)
            start_ms = milliseconds(start)
            found.append(
                Clip(
                    subset,
                    f"{ytid}_{start_ms}",
                    ytid,
                    start_ms,
                    milliseconds(end),
                    tuple(labels.strip('"').split(",")),
                )
            )
    return found


def strongly_labelled(folder: Path) -> set[str]:
    """The clips of which a strong file has any row, even of a label that is not present."""
    return {
        line.split("\t", maxsplit=1)[0]
        for name in STRONG.values()
        for line in read_lines(folder, name)[1:]
    }


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
    positive_windows: list[tuple[Event, bool, int]]
    negative_windows: list[tuple[Event, int]]
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
        by_clip.setdefault((event.subset, event.clip_id), []).append(event)
    positives, negatives = [], []
    tainted = {
        key
        for key, present in by_clip.items()
        if not (positive | ignored).isdisjoint(event.label for event in present)
    }
    for event in events:
        key = (event.subset, event.clip_id)
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


class Options(NamedTuple):
    """The options of a catalog and a target that decide on samples and pools, by the contract."""

    head_labels: frozenset[str] = frozenset({"/m/09x0r", "/m/04rlf"})
    head_keep_frac: Fraction = Fraction(1, 5)
    rare_cutoff: int = 10
    seed: int = 0
    tier_a_coverage: Fraction = Fraction(4, 5)


USUAL = Options()


class Sample(NamedTuple):
    key: str
    role: str
    split: str
    subset: str
    clip_id: str
    ytid: str
    start: int
    end: int
    label: str | None
    labels: tuple[str, ...]
    overlapped: bool | None
    path: str | None


def uniform(*parts: object) -> int:
    """The upper 53 of the 128 bits of the MD5 of the parts, as DuckDB reads: below 2**53."""
    digest = hashlib.md5(":".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest, "little") >> 75


def audio_of(
    inventory: list[dict[str, Any]], ytid: str, clip_length: int
) -> tuple[str | None, int | None, str]:
    """The path and length of a clip's audio, or why there is none."""
    there, statuses = [], []
    for row in inventory:
        if row["ytid"] == ytid:
            length = row.get("duration_seconds") and milliseconds(str(row["duration_seconds"]))
            if not row["audio_path"]:
                statuses.append(row["status"])
            elif length and length > clip_length + 1000:
                statuses.append("wrong_length")
            else:
                deviation = abs((length or clip_length) - clip_length)
                there.append((deviation, str(row["audio_path"]), length))
    if there:
        _, path, length = min(there)
        return path, length, ""
    return None, None, min(statuses, default="not_found")


def candidates(
    folder: Path,
    positive: set[str],
    ignored: set[str] = frozenset(),
    length: int = 1000,
    options: Options = USUAL,
    inventory: list[dict[str, Any]] | None = None,
) -> Iterator[tuple[Sample, str | None]]:
    """All that rule 6 may make a sample of, and what removes it; None: it is one."""
    of_target = positive | ignored
    events = present_events(folder)
    by_clip: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        by_clip.setdefault((event.subset, event.clip_id), []).append(event)
    present = {key: {event.label for event in found} for key, found in by_clip.items()}

    lengths: dict[str, int] = {}
    for clip in clips(folder):
        lengths[clip.ytid] = max(lengths.get(clip.ytid, 0), clip.end - clip.start)

    def audio(ytid: str) -> tuple[str | None, int | None, str | None]:
        if not inventory:
            return None, None, None
        path, duration, status = audio_of(inventory, ytid, lengths.get(ytid, 10_000))
        return path, duration, None if path else f"audio_{status}"

    for event in events:
        subset, clip_id = event.subset, event.clip_id
        others = by_clip[subset, clip_id]
        if event.label in positive:
            role = "positive"
            overlapped = any(
                other.label not in positive and other.start < event.end and other.end > event.start
                for other in others
            )
        elif present[subset, clip_id].isdisjoint(of_target):
            role, overlapped = "strong_negative", None
        else:
            continue
        path, duration, unheard = audio(clip_id[:11])
        split = "train" if subset == "strong_train" else "eval"
        for index, (start, end) in enumerate(windows(event.start, event.end, length)):
            labels = {other.label for other in others if other.start < end and other.end > start}
            reason = unheard
            if duration is not None and 2 * (duration - start) < end - start:
                reason = "beyond_audio"
            yield (
                Sample(
                    f"{subset}/{clip_id}/{event.event_id}.{index}",
                    role,
                    split,
                    subset,
                    clip_id,
                    clip_id[:11],
                    start,
                    end,
                    event.label,
                    tuple(sorted(labels)),
                    overlapped,
                    path,
                ),
                reason,
            )
    weak_clips = clips(folder)
    carried = Counter(
        label
        for clip in weak_clips
        if clip.subset == "weak_unbalanced_train"
        for label in set(clip.labels)
    )
    rare = {label for label, count in carried.items() if count < options.rare_cutoff}
    kept_below = math.ceil(options.head_keep_frac * 2**53)
    positive_clips = {clip_id for (_, clip_id), labels in present.items() if labels & positive}
    labelled_clips = strongly_labelled(folder)
    for clip in weak_clips:
        labels = set(clip.labels)
        if labels & ignored:
            continue
        path, duration, reason = audio(clip.ytid)
        role = "weak_positive" if labels & positive else "weak_negative"
        if role == "weak_positive":
            if clip.clip_id in labelled_clips:
                reason = "has_strong_labels"
        elif clip.clip_id in positive_clips:
            reason = "strong_positive"
        elif (
            clip.subset == "weak_unbalanced_train"
            and labels & options.head_labels
            and not labels & rare
            and uniform(options.seed, "head", clip.clip_id) >= kept_below
        ):
            reason = "head_trimming"
        yield (
            Sample(
                f"{clip.subset}/{clip.clip_id}",
                role,
                "eval" if clip.subset == "weak_eval" else "train",
                clip.subset,
                clip.clip_id,
                clip.ytid,
                0,
                clip.end - clip.start if duration is None else duration,
                None,
                tuple(sorted(labels)),
                None,
                path,
            ),
            reason,
        )


class Pool(NamedTuple):
    """One label of a pool."""

    samples: int
    weight: float
    tier: str


def drawn_by(sample: Sample) -> tuple[str, ...]:
    """The labels that a negative is drawn by, before rare ones share a bucket."""
    return sample.labels if sample.label is None else (sample.label,)


def bucket(counts: Counter, pool: str, label: str, options: Options) -> str:
    return label if counts[pool, label] >= options.rare_cutoff else "other_rare"


def pools(samples: Iterable[Sample], options: Options = USUAL) -> dict[tuple[str, str], Pool]:
    """Rule 8: the labels of the pools of the train split."""
    # How many samples are drawn by the same labels: then 5 million samples take little room.
    alike = Counter(
        (sample.role, drawn_by(sample))
        for sample in samples
        if sample.split == "train" and sample.role.endswith("_negative")
    )
    counts: Counter = Counter()
    for (pool, labels), count in alike.items():
        for label in labels:
            counts[pool, label] += count
    shared: Counter = Counter()
    for (pool, labels), count in alike.items():
        for label in {bucket(counts, pool, label, options) for label in labels}:
            shared[pool, label] += count
    found = {}
    for pool in {pool for pool, _ in shared}:
        members = {label: count for (other, label), count in shared.items() if other == pool}
        total, roots = sum(members.values()), sum(map(math.sqrt, members.values()))
        covered = 0
        for label in sorted(members, key=lambda label: (-members[label], label)):
            tier = "A" if covered < options.tier_a_coverage * total else "B"
            covered += members[label]
            found[pool, label] = Pool(members[label], math.sqrt(members[label]) / roots, tier)
    return found
