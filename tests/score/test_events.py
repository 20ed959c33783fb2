"""Events found by detectors, at every threshold, against plain Python."""

from collections.abc import Callable

import duckdb
import pytest
from support.crowd import Crowd
from support.detections import Span, by_collars, by_intersection, psds
from support.metadata import youtube_id

CRITERIA: dict[str, Callable[[list[Span], list[Span]], tuple[int, int]]] = {
    "psds1": lambda found, spans: by_intersection(found, spans, "0.7", "0.7"),
    "psds2": lambda found, spans: by_intersection(found, spans, "0.1", "0.1"),
    "intersection": lambda found, spans: by_intersection(found, spans, "0.5", "0.5"),
    "collar": lambda found, spans: (by_collars(found, spans, "0.2", "0.2", "0.2"),) * 2,
    "onset": lambda found, spans: (by_collars(found, spans, "0.5", None),) * 2,
    "alarm": lambda found, spans: by_intersection(found, spans, "0", "0"),
}


@pytest.fixture(
    scope="module", params=[("0.25", 3, 0), ("0.0464375", 8, 1)], ids=["wide", "narrow"]
)
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    crowd = Crowd(tmp_path_factory.mktemp("crowd"), *request.param)
    crowd.score()
    return crowd


def falling(rows: list[tuple], threshold: float) -> tuple:
    """What holds at a threshold: the row of the lowest threshold that is not below it."""
    return next((row[1:] for row in rows if row[0] >= threshold), (0, 0, 0))


@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_threshold(crowd: Crowd, criterion: str) -> None:
    with duckdb.connect(str(crowd.catalog), read_only=True) as connection:
        rows = connection.execute(
            "select threshold, detection_count, hit_count, false_alarm_count from t.event_curve"
            " where criterion = $1 order by threshold",
            [criterion],
        ).fetchall()
        metrics = connection.execute(
            "select event_count, hours, psds, best_f1, threshold from t.event_metrics"
            " where criterion = $1",
            [criterion],
        ).fetchall()
    points = []
    for threshold in crowd.thresholds:
        expected = crowd.counts(CRITERIA[criterion], threshold)
        assert falling(rows, threshold) == expected, threshold
        points.append(expected[1:])
    event_count = sum(map(len, crowd.spans.values()))
    hours = sum(crowd.clip_us.values()) / 3.6e9
    for found_count, found_hours, found_psds, best_f1, threshold in metrics:
        assert (found_count, found_hours) == (event_count, pytest.approx(hours, rel=1e-15))
        if criterion in ("psds1", "psds2", "intersection"):
            assert found_psds == pytest.approx(psds(points, event_count, hours), abs=1e-12)
        else:
            assert found_psds is None
        f1 = [2 * hits / (hits + alarms + event_count) for hits, alarms in points]
        assert best_f1 == pytest.approx(max(f1), abs=1e-15)
        assert threshold == crowd.thresholds[f1.index(max(f1))]


@pytest.mark.parametrize(("dtc", "gtc"), [("0.3", "0.9"), ("1", "0"), ("0", "1")])
def test_any_share(crowd: Crowd, dtc: str, gtc: str) -> None:
    with duckdb.connect(str(crowd.catalog), read_only=True) as connection:
        rows = connection.execute(
            "select threshold, detection_count, hit_count, false_alarm_count"
            f" from t.events_at('mine', {dtc}, {gtc}) order by threshold"
        ).fetchall()
    for threshold in crowd.thresholds:
        expected = crowd.counts(
            lambda found, spans: by_intersection(found, spans, dtc, gtc), threshold
        )
        assert falling(rows, threshold) == expected, threshold


@pytest.mark.parametrize(
    ("onset", "offset", "share"), [("1", "2", "0"), ("0.04", None, "0"), ("3", "0.1", "0.9")]
)
def test_any_collar(crowd: Crowd, onset: str, offset: str | None, share: str) -> None:
    with duckdb.connect(str(crowd.catalog), read_only=True) as connection:
        rows = connection.execute(
            "select threshold, detection_count, hit_count, false_alarm_count"
            f" from t.collars_at('mine', {onset}, {offset or 'null'}, {share}) order by threshold"
        ).fetchall()
    for threshold in crowd.thresholds:
        expected = crowd.counts(
            lambda found, spans: (by_collars(found, spans, onset, offset, share),) * 2, threshold
        )
        assert falling(rows, threshold) == expected, threshold


def test_the_hop_is_read_as_decimal_text(crowd: Crowd) -> None:
    """Each frame begins at the microsecond that is nearest, of two the even one."""
    with duckdb.connect(str(crowd.catalog), read_only=True) as connection:
        rows = connection.execute(
            "select start_seconds, end_seconds from t.scores where unit = 'frame'"
            " and clip_id = $1 order by start_seconds",
            [f"{youtube_id('c', 1)}_30000"],
        ).fetchall()
    assert [(int(a * 10**6), int(b * 10**6)) for a, b in rows] == crowd.times[1]
