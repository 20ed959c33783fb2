"""Rankings of frames, seconds and clips, against scikit-learn, SciPy and plain Python."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.ndimage import median_filter
from scipy.stats import norm, poisson
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    roc_auc_score,
    roc_curve,
)
from support.crowd import Crowd
from support.metadata import youtube_id

REPLICATES = 5
SEED = 3


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    crowd = Crowd(tmp_path_factory.mktemp("crowd"), "0.25", 2, 7)
    crowd.score(replicates=REPLICATES, seed=SEED, is_logit=True)
    return crowd


@pytest.fixture
def connection(crowd: Crowd) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(crowd.catalog), read_only=True) as connection:
        yield connection


def items(crowd: Crowd, unit: str) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Labels, scores and clips of all items of a unit, from the frames alone."""
    labels, scores, clips = [], [], []
    for number, values in crowd.scores.items():
        if unit == "frame":
            spans = crowd.times[number]
        elif unit == "segment":
            end = crowd.clip_us[number]
            spans = [(at, min(at + 10**6, end)) for at in range(0, end, 10**6)]
        else:
            spans = [(0, crowd.clip_us[number])]
        for start, end in spans:
            labels.append(any(a < end and b > start for a, b in crowd.spans[number]))
            scores.append(
                max(
                    value
                    for (a, b), value in zip(crowd.times[number], values, strict=True)
                    if a < end and b > start
                )
            )
            clips.append(number)
    return np.array(labels), 1 / (1 + np.exp(-np.array(scores))), clips


def balanced_precision(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    total = {value: weights[labels == value].sum() for value in (False, True)}
    area = recall = 0.0
    for threshold in sorted(set(scores), reverse=True):
        above = scores >= threshold
        hits, alarms = (
            weights[above & (labels == value)].sum() / total[value] for value in (True, False)
        )
        if hits > recall:
            area += (hits - recall) * hits / (hits + alarms)
            recall = hits
    return area


def partial_area(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    rates, recalls, _ = roc_curve(labels, scores, sample_weight=weights, drop_intermediate=False)
    recall_at_end = np.interp(0.1, rates, recalls)
    is_inside = rates < 0.1
    inside, heights = np.append(rates[is_inside], 0.1), np.append(recalls[is_inside], recall_at_end)
    return float(np.diff(inside) @ (heights[1:] + heights[:-1]) / 2 / 0.1)


@pytest.mark.parametrize("unit", ["frame", "segment", "clip"])
def test_metrics(crowd: Crowd, connection: duckdb.DuckDBPyConnection, unit: str) -> None:
    labels, scores, _ = items(crowd, unit)
    (row,) = connection.execute(
        "select positive_count, negative_count, average_precision, roc_auc, d_prime, best_f1,"
        " best_f1_threshold, brier from t.ranking_metrics where unit = $1",
        [unit],
    ).fetchall()
    thresholds = sorted(set(scores.tolist()), reverse=True)
    f1 = [f1_score(labels, scores >= threshold) for threshold in thresholds]
    auc = roc_auc_score(labels, scores)
    assert row[:2] == (labels.sum(), (~labels).sum())
    assert row[2:] == pytest.approx(
        (
            average_precision_score(labels, scores),
            auc,
            2**0.5 * norm.ppf(auc),
            max(f1),
            thresholds[f1.index(max(f1))],
            brier_score_loss(labels, scores),
        ),
        abs=1e-12,
    )


@pytest.mark.parametrize("unit", ["frame", "segment", "clip"])
def test_calibration(crowd: Crowd, connection: duckdb.DuckDBPyConnection, unit: str) -> None:
    labels, scores, _ = items(crowd, unit)
    bins = np.minimum(np.floor(scores * 15), 14)
    error = sum(
        (bins == number).mean() * abs(scores[bins == number].mean() - labels[bins == number].mean())
        for number in set(bins)
    )
    ((found,),) = connection.execute(
        "select ece from t.ranking_metrics where unit = $1", [unit]
    ).fetchall()
    assert found == pytest.approx(error, abs=1e-12)


@pytest.mark.parametrize("unit", ["frame", "segment", "clip"])
def test_every_point_of_the_curve(
    crowd: Crowd, connection: duckdb.DuckDBPyConnection, unit: str
) -> None:
    labels, scores, _ = items(crowd, unit)
    rows = connection.execute(
        "select threshold, true_positive_count, false_positive_count, precision, recall,"
        " false_positive_rate from t.ranking_curve where unit = $1 order by threshold",
        [unit],
    ).fetchall()
    assert [row[0] for row in rows] == pytest.approx(sorted(set(scores.tolist())), abs=1e-15)
    for threshold, hits, alarms, precision, recall, rate in rows:
        above = scores >= threshold - 1e-12
        expected = (labels & above).sum(), (~labels & above).sum()
        assert (hits, alarms) == expected
        assert precision == expected[0] / above.sum()
        assert recall == expected[0] / labels.sum()
        assert rate == expected[1] / (~labels).sum()


def weights_of(clips: list[int], replicate: int) -> np.ndarray:
    """How often a replicate has the clip of each item: the quantile of the hash's upper 53 bits."""
    counts = {}
    for number in set(clips):
        text = f"{SEED}:{replicate}:{youtube_id('c', number)}_30000"
        bits = int.from_bytes(hashlib.md5(text.encode()).digest(), "little") >> 75
        counts[number] = poisson.ppf(bits / 2**53, 1)
    return np.array([counts[number] for number in clips])


def test_the_weights_are_those_of_a_poisson_distribution(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    numbers = np.concatenate([np.random.default_rng(0).uniform(size=1000), [0, 1 - 2**-53]])
    found = connection.execute(
        "select main.poisson_count(number) from (select unnest($1) as number)", [numbers.tolist()]
    ).fetchall()
    expected = np.minimum(poisson.ppf(numbers, 1), 11)
    assert [count for (count,) in found] == np.maximum(expected, 0).tolist()


@pytest.mark.parametrize("unit", ["frame", "segment", "clip"])
def test_replicates(crowd: Crowd, connection: duckdb.DuckDBPyConnection, unit: str) -> None:
    labels, scores, clips = items(crowd, unit)
    rows = connection.execute(
        "select replicate, metric, value from t.metric_replicates where unit = $1", [unit]
    ).fetchall()
    found = {(replicate, metric): value for replicate, metric, value in rows}
    assert {replicate for replicate, _ in found} == set(range(REPLICATES))
    for replicate in range(REPLICATES):
        weights = weights_of(clips, replicate)
        kept = weights > 0
        of_kept = labels[kept], scores[kept], weights[kept]
        auc = roc_auc_score(*of_kept[:2], sample_weight=of_kept[2])
        expected = {
            "average_precision": average_precision_score(*of_kept[:2], sample_weight=of_kept[2]),
            "roc_auc": auc,
            "d_prime": 2**0.5 * norm.ppf(auc),
            "balanced_average_precision": balanced_precision(*of_kept),
            "partial_roc_auc": partial_area(*of_kept),
        }
        for metric, value in expected.items():
            assert found[replicate, metric] == pytest.approx(value, abs=1e-12), metric


@pytest.mark.parametrize(
    "size", [pytest.param(3, marks=pytest.mark.slow), 7, pytest.param(101, marks=pytest.mark.slow)]
)
def test_the_median_filter_is_scipy_s(tmp_path: Path, size: int) -> None:
    crowd = Crowd(tmp_path, "0.25", 50, 1)
    crowd.score(median_filter=size)
    with duckdb.connect(str(crowd.catalog), read_only=True) as connection:
        rows = connection.execute(
            "select clip_id, list(score order by start_seconds) from t.scores where unit = 'frame'"
            " group by clip_id order by clip_id"
        ).fetchall()
    for (_, found), scores in zip(rows, crowd.scores.values(), strict=True):
        expected = median_filter(np.array(scores), size, mode="reflect")
        assert found == expected.tolist()
