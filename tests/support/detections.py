"""Detections scored in plain Python, one threshold after the other: what SQL is compared with.

Times are whole microseconds.
"""

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction

Span = tuple[int, int]


def half_even(number: Fraction) -> int:
    return round(number)


def frame_times(hop: str, count: int, clip_us: int) -> list[Span]:
    """The frames that begin before the end of a clip."""
    exact = Fraction(hop) * 1_000_000
    borders = [half_even(exact * frame) for frame in range(count + 1)]
    return [
        (start, min(end, clip_us)) for start, end in itertools.pairwise(borders) if start < clip_us
    ]


def joined(events: Iterable[Span]) -> list[Span]:
    """Events that overlap or touch as one; those without duration are left out."""
    spans: list[Span] = []
    for start, end in sorted(event for event in events if event[1] > event[0]):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def shared(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def runs(times: Sequence[Span], scores: Sequence[float], threshold: float) -> list[Span]:
    """The longest runs of frames with at least a score."""
    found: list[Span] = []
    before = False
    for (start, end), score in zip(times, scores, strict=True):
        if score >= threshold:
            found.append((found.pop()[0] if before else start, end))
        before = score >= threshold
    return found


def by_intersection(
    detections: Sequence[Span], spans: Sequence[Span], dtc: str, gtc: str
) -> tuple[int, int]:
    """How many spans are found, and how many detections are correct."""
    correct = []
    for detection in detections:
        share = sum(shared(detection, span) for span in spans)
        needed = half_up(Fraction(dtc) * (detection[1] - detection[0]))
        if share > 0 and share >= needed:
            correct.append(detection)
    hits = 0
    for span in spans:
        share = sum(shared(detection, span) for detection in correct)
        hits += share > 0 and share >= half_up(Fraction(gtc) * (span[1] - span[0]))
    return hits, len(correct)


def half_up(number: Fraction) -> int:
    return int(number + Fraction(1, 2))


def by_collars(
    detections: Sequence[Span],
    spans: Sequence[Span],
    onset: str,
    offset: str | None,
    share: str = "0",
) -> int:
    """The size of a largest matching, by augmenting paths."""

    def match(detection: Span, span: Span) -> bool:
        if abs(detection[0] - span[0]) > Fraction(onset) * 1_000_000:
            return False
        if offset is None:
            return True
        collar = max(Fraction(offset) * 1_000_000, Fraction(share) * (span[1] - span[0]))
        return abs(detection[1] - span[1]) <= half_up(collar)

    edges = [
        [place for place, span in enumerate(spans) if match(detection, span)]
        for detection in detections
    ]
    owner: dict[int, int] = {}

    def place_of(number: int, seen: set[int]) -> bool:
        for place in edges[number]:
            if place not in seen:
                seen.add(place)
                if place not in owner or place_of(owner[place], seen):
                    owner[place] = number
                    return True
        return False

    return sum(place_of(number, set()) for number in range(len(detections)))


def psds(points: Iterable[tuple[int, int]], event_count: int, hours: float) -> float:
    """The area below the highest recall for so many false alarms per hour, up to 100.

    Args:
        points: Hits and false alarms at each threshold.
    """
    rates = sorted({0.0, *(alarms / hours for _, alarms in points if alarms / hours <= 100)})
    area = 0.0
    for rate, after in zip(rates, [*rates[1:], 100.0], strict=True):
        reached = [hits for hits, alarms in points if alarms / hours <= rate]
        area += max(reached, default=0) / event_count * (after - rate)
    return area / 100
