"""Alarms, the labels of false alarms and the events that are found, against plain Python."""

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.crowd import Crowd
from support.detections import Span, by_intersection, joined, runs, shared
from support.metadata import youtube_id

from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.scoring import score

ALARMS_PER_HOUR = 400
TITLES = {"/m/gun": "Gun", "/m/other": "Other", "/m/rain": "Rain"}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    crowd = Crowd(tmp_path_factory.mktemp("crowd"), "0.25", 3, 11)
    crowd.score(alarms_per_hour=Decimal(ALARMS_PER_HOUR))
    return crowd


@pytest.fixture
def connection(crowd: Crowd) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(crowd.catalog), read_only=True) as connection:
        yield connection


def chosen_threshold(crowd: Crowd) -> float:
    """The highest threshold of those that find most events with few enough false alarms."""
    hours = sum(crowd.clip_us.values()) / 3.6e9
    points = []
    for threshold in crowd.thresholds:
        _, hits, alarms = crowd.counts(
            lambda found, spans: by_intersection(found, spans, "0", "0"), threshold
        )
        if alarms / hours <= ALARMS_PER_HOUR:
            points.append((hits, threshold))
    return max(points)[1]


def expected_alarms(crowd: Crowd, threshold: float) -> list[tuple]:
    """Clip, start, end, score, whether it is true, and labels of each alarm."""
    found = []
    for number, scores in crowd.scores.items():
        times = crowd.times[number]
        for run in runs(times, scores, threshold):
            inside = [s for time, s in zip(times, scores, strict=True) if shared(time, run)]
            is_true = any(shared(run, span) for span in crowd.spans[number])
            active = {
                label
                for start, end, label in crowd.events[number]
                if start < run[1] and end > run[0]
            }
            found.append((number, *run, max(inside), is_true, sorted(active)))
    return found


def test_the_chosen_threshold(crowd: Crowd, connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute("select threshold from t.detectors").fetchall()
    assert rows == [(chosen_threshold(crowd),)]


@pytest.mark.parametrize("place", [None, 2, 7, -1])
def test_alarms(crowd: Crowd, connection: duckdb.DuckDBPyConnection, place: int | None) -> None:
    """At the chosen threshold, and at others."""
    threshold = chosen_threshold(crowd) if place is None else crowd.thresholds[place]
    relation = "alarms" if place is None else f"alarms_at('mine', {threshold!r})"
    rows = connection.execute(
        "select clip_id, cast(start_seconds * 1000000 as bigint),"
        f" cast(end_seconds * 1000000 as bigint), score, is_true, label_ids from t.{relation}"
    ).fetchall()
    expected = [
        (f"{youtube_id('c', number)}_30000", *rest)
        for number, *rest in expected_alarms(crowd, threshold)
    ]
    assert sorted(rows) == sorted(expected)


def test_labels_of_false_alarms(crowd: Crowd, connection: duckdb.DuckDBPyConnection) -> None:
    clips = [number for number, spans in crowd.spans.items() if not spans]
    counts: Counter[str] = Counter()
    highest: dict[str, float] = {}
    alarms = [
        alarm
        for alarm in expected_alarms(crowd, chosen_threshold(crowd))
        if alarm[0] in clips and not alarm[4]
    ]
    for _, _, _, alarm_score, _, labels in alarms:
        for label in labels or ["(nothing labelled)"]:
            counts[label] += 1
            highest[label] = max(highest.get(label, alarm_score), alarm_score)
    active: Counter[str] = Counter()
    for number in clips:
        spans = defaultdict(list)
        for start, end, label in crowd.events[number]:
            spans[label].append((start, end))
        for label, own in spans.items():
            active[label] += sum(end - start for start, end in joined(own))
        labelled = sum(end - start for start, end in joined(itertools.chain(*spans.values())))
        active["(nothing labelled)"] += crowd.clip_us[number] - labelled
    rate = len(alarms) / (sum(crowd.clip_us[number] for number in clips) / 3.6e9)
    rows = connection.execute(
        "select label_id, title, false_alarm_count, share, hours, false_alarms_per_hour, lift,"
        " highest_score from t.false_alarm_labels"
    ).fetchall()
    assert len(alarms) > 5
    assert {row[0] for row in rows} == {label for label in active if active[label] > 0}
    for label, title, count, *numbers in rows:
        hours = active[label] / 3.6e9
        assert title == TITLES.get(label, label)
        assert count == counts[label]
        assert numbers == pytest.approx(
            [
                count / len(alarms),
                hours,
                count / hours,
                count / hours / rate,
                highest[label],
            ],
            rel=1e-12,
        )


def duration_of(start: int, end: int, clip_us: int) -> list[str]:
    classes = {
        250_000: "1: below 0.25 s",
        500_000: "2: 0.25 to 0.5 s",
        1_000_000: "3: 0.5 to 1 s",
        2_000_000: "4: 1 to 2 s",
        5_000_000: "5: 2 to 5 s",
    }
    return [next((name for most, name in classes.items() if end - start < most), "6: 5 s and more")]


def place_of(start: int, end: int, clip_us: int) -> list[str]:
    places = {
        (True, True): "the whole clip",
        (True, False): "from the first second",
        (False, True): "to the last second",
        (False, False): "in between",
    }
    return [places[start < 1_000_000, end > clip_us - 1_000_000]]


@pytest.mark.parametrize(
    "grouping", ["duration", "label", "overlapped", "overlapping label", "place"]
)
def test_recall_by(crowd: Crowd, connection: duckdb.DuckDBPyConnection, grouping: str) -> None:
    threshold = chosen_threshold(crowd)
    groups = defaultdict(list)
    for number, events in crowd.events.items():
        others = [event for event in events if event[2] != "/m/gun"]
        for start, end, label in events:
            if label != "/m/gun" or end <= start:
                continue
            best = max(
                value
                for time, value in zip(crowd.times[number], crowd.scores[number], strict=True)
                if shared(time, (start, end))
            )
            overlapping = {TITLES[name] for a, b, name in others if a < end and b > start}
            values = {
                "duration": duration_of(start, end, crowd.clip_us[number]),
                "label": [TITLES[label]],
                "overlapped": ["overlapped" if overlapping else "alone"],
                "overlapping label": overlapping,
                "place": place_of(start, end, crowd.clip_us[number]),
            }
            for value in values[grouping]:
                groups[value].append(best)
    rows = connection.execute(
        "select value, event_count, recall, median_score from t.recall_by where grouping = $1",
        [grouping],
    ).fetchall()
    expected = {
        value: (
            len(scores),
            statistics.mean(s >= threshold for s in scores),
            statistics.median(scores),
        )
        for value, scores in groups.items()
    }
    assert {row[0]: pytest.approx(row[1:], abs=1e-12) for row in rows} == expected


def test_samples(crowd: Crowd, tmp_path: Path) -> None:
    """Alarms are runs of windows that touch or overlap, per hour of the negative windows."""
    catalog = tmp_path / "catalog.duckdb"
    catalog.write_bytes(crowd.catalog.read_bytes())
    with duckdb.connect(str(catalog), read_only=True) as connection:
        samples = connection.execute(
            "select sample_key, subset, clip_id, role, cast(start_seconds * 1000000 as bigint),"
            " cast(end_seconds * 1000000 as bigint) from t.samples"
            " where split = 'eval' and role <> 'weak_positive' order by sample_key"
        ).fetchall()
    scores = np.random.default_rng(0).integers(0, 6, len(samples)) / 8
    file = tmp_path / "samples.parquet"
    pq.write_table(pa.table({"sample_key": [row[0] for row in samples], "score": scores}), file)
    score(catalog, "t", [file], ScoreOptions(replicates=0))
    with duckdb.connect(str(catalog), read_only=True) as connection:
        rows = connection.execute(
            "select threshold, detection_count, hit_count, false_alarm_count,"
            " false_alarms_per_hour from t.event_curve"
            " where detector = 'samples' and criterion = 'alarm' order by threshold"
        ).fetchall()
        ((event_count, hours),) = connection.execute(
            "select event_count, hours from t.criterion_totals where detector = 'samples'"
        ).fetchall()

    def windows(least: float, *roles: str) -> dict[tuple[str, str], list[Span]]:
        """The union of the windows of some roles, by clip."""
        found = defaultdict(list)
        for (_, subset, clip, role, start, end), value in zip(samples, scores, strict=True):
            if role in roles and value >= least:
                found[subset, clip].append((start, end))
        return {clip: joined(spans) for clip, spans in found.items()}

    negative = "strong_negative", "weak_negative"
    of_negatives = windows(-1, *negative)
    assert not of_negatives.keys() & windows(-1, "positive").keys()
    assert hours == pytest.approx(
        sum(b - a for spans in of_negatives.values() for a, b in spans) / 3.6e9, rel=1e-12
    )
    assert event_count == sum(row[3] == "positive" for row in samples)
    assert [row[0] for row in rows] == sorted(set(scores.tolist()))
    for threshold, detection_count, hits, alarms, rate in rows:
        false_alarms = sum(map(len, windows(threshold, *negative).values()))
        assert alarms == false_alarms
        assert detection_count == false_alarms + sum(
            map(len, windows(threshold, "positive").values())
        )
        assert hits == sum(
            row[3] == "positive" and value >= threshold
            for row, value in zip(samples, scores, strict=True)
        )
        assert rate == pytest.approx(false_alarms / hours, rel=1e-12)
