"""How long scoring takes.

    python tests/benchmarks/score.py [--metadata DIR] [--runs N]

Scores of a detector are simulated for all clips of strong_eval; without `--metadata`, of a demo.
Times are compared with scikit-learn's for average precision and ROC AUC of the same frames in the
same run; and where sed_scores_eval is installed, which needs NumPy 1, with its time for the same
five criteria of events.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.metrics import average_precision_score, roc_auc_score

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import BUILT_IN, Target
from audioset_duck.demo.metadata import make_metadata
from audioset_duck.score import scoring
from audioset_duck.score.options import ScoreOptions

# The models without which there would be no criteria of events.
EVENT_MODELS = {
    "detection_changes",
    "detections",
    "criterion_changes",
    "event_points",
    "best_points",
    "curve_values",
    "psds_values",
    "event_metrics",
}


def simulate(catalog: Path, target: str, hop: str, seed: int) -> None:
    """Write smooth noise for each clip of strong_eval, higher on events, as predictions."""
    with duckdb.connect(str(catalog), read_only=True) as connection:
        clips = connection.execute(
            "select distinct clip_id from strong_events where subset = 'strong_eval' order by all"
        ).fetchall()
        spans = connection.execute(
            f"select clip_id, start_seconds::double, end_seconds::double from {target}.active_spans"
            " where subset = 'strong_eval'"
        ).fetchall()
    random = np.random.default_rng(seed)
    count = int(np.ceil(10 / float(hop)))
    noise = random.normal(size=(len(clips), count)).astype(np.float32)
    width = max(1, round(0.4 / float(hop)))
    smooth = np.cumsum(np.pad(noise, ((0, 0), (width, 0))), axis=1)
    noise = (smooth[:, width:] - smooth[:, :-width]) / np.sqrt(width)
    noise += random.normal(size=(len(clips), 1)) * 1.5 - 5
    places = {clip: row for row, (clip,) in enumerate(clips)}
    for clip, start, end in spans:
        first, last = int(start / float(hop)), int(np.ceil(end / float(hop)))
        noise[places[clip], first:last] += random.normal(4, 1.5)
    scores = (1 / (1 + np.exp(-noise))).astype(np.float32)
    table = {"clip_id": [clip for (clip,) in clips], "scores": list(scores)}
    pq.write_table(pa.table(table), catalog.parent / "simulated.parquet")


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def time_events(catalog: Path, target: str, options: ScoreOptions) -> tuple[float, float]:
    """The time of a whole run, and of the models of events alone."""
    spent: dict[str, float] = {}
    create, in_order = scoring._create, scoring.create_in_order

    def create_timed(cursor: duckdb.DuckDBPyConnection, model: Any) -> None:
        spent[model.name] = timed(lambda: create(cursor, model))

    def one_by_one(connection: duckdb.DuckDBPyConnection, models: Any, work: Any) -> None:
        for model in models:
            work(connection, model)

    scoring._create, scoring.create_in_order = create_timed, one_by_one
    try:
        whole = timed(lambda: run(catalog, target, options))
    finally:
        scoring._create, scoring.create_in_order = create, in_order
    return whole, sum(seconds for name, seconds in spent.items() if name in EVENT_MODELS)


def run(catalog: Path, target: str, options: ScoreOptions) -> None:
    scoring.score(catalog, target, [catalog.parent / "simulated.parquet"], options)


def report(name: str, seconds: float, floor: float) -> None:
    print(f"{name:<30} {seconds:6.2f} s  {seconds / floor:5.1f} times scikit-learn's two metrics")


def rank(catalog: Path, target: str) -> None:
    """Compute two metrics of frames by scikit-learn, from columns that are in memory."""
    with duckdb.connect(str(catalog), read_only=True) as connection:
        columns = connection.execute(
            f"select score, is_positive from {target}.scores where unit = 'frame'"
        ).fetchnumpy()
    average_precision_score(columns["is_positive"], columns["score"])
    roc_auc_score(columns["is_positive"], columns["score"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    metadata, runs = arguments.metadata, arguments.runs
    with tempfile.TemporaryDirectory() as folder:
        catalog = Path(folder) / "catalog.duckdb"
        if metadata is None:
            metadata = Path(folder) / "metadata"
            make_metadata(metadata)
        speech = Target("speech", ("Speech",))
        build(catalog, [BUILT_IN["gun"], speech], metadata)
        built = catalog.read_bytes()
        cases = {
            "40 ms frames": ("gun", "0.04", 0),
            "40 ms frames, 200 replicates": ("gun", "0.04", 200),
            "960 ms frames": ("gun", "0.96", 0),
            "40 ms frames of Speech": ("speech", "0.04", 0),
        }
        for name, (target, hop, replicates) in cases.items():
            simulate(catalog, target, hop, seed=0)
            options = ScoreOptions(hop_seconds=Decimal(hop), replicates=replicates)
            floors, wholes = [], []
            for _ in range(runs):
                catalog.write_bytes(built)
                wholes.append(timed(lambda t=target, o=options: run(catalog, t, o)))
                floors.append(timed(lambda t=target: rank(catalog, t)))
            report(name, float(np.median(wholes)), float(np.median(floors)))
        simulate(catalog, "gun", "0.04", seed=0)
        catalog.write_bytes(built)
        options = ScoreOptions(hop_seconds=Decimal("0.04"), replicates=0)
        _, events = time_events(catalog, "gun", options)
        print(f"of these, the five criteria of events alone: {events:.2f} s")
        try:
            compare(catalog, events)
        except ImportError:
            print("sed_scores_eval is not installed: no comparison")


def compare(catalog: Path, events: float) -> None:
    """Time sed_scores_eval for the five criteria on the same scores, and compare the numbers."""
    import pandas as pd
    from sed_scores_eval import collar_based, intersection_based

    with duckdb.connect(str(catalog), read_only=True) as connection:
        rows = connection.execute(
            "select clip_id, list(start_seconds::double order by start_seconds),"
            " list(end_seconds::double order by start_seconds), list(score order by start_seconds)"
            " from gun.scores where unit = 'frame' group by clip_id"
        ).fetchall()
        spans = connection.execute(
            "select clip_id, start_seconds::double, end_seconds::double from gun.active_spans"
            " where subset = 'strong_eval'"
        ).fetchall()
        ours = dict(
            connection.execute(
                "select criterion, coalesce(psds, best_f1) from gun.event_metrics"
                " where criterion <> 'intersection' union all"
                " select criterion, best_f1 from gun.event_metrics"
                " where criterion = 'intersection'"
            ).fetchall()
        )
    scores = {
        clip: pd.DataFrame({"onset": starts, "offset": ends, "gun": values})
        for clip, starts, ends, values in rows
    }
    durations = {clip: ends[-1] for clip, _, ends, _ in rows}
    truth: dict[str, list[tuple[float, float, str]]] = {clip: [] for clip in scores}
    for clip, start, end in spans:
        truth[clip].append((start, end, "gun"))

    def psds(share: float) -> float:
        return intersection_based.psds(
            scores,
            truth,
            durations,
            dtc_threshold=share,
            gtc_threshold=share,
            cttc_threshold=None,
            alpha_ct=0,
            alpha_st=0,
            max_efpr=100,
        )[0]

    def collar(onset: float, offset: float, share: float) -> float:
        options = {"onset_collar": onset, "offset_collar": offset, "offset_collar_rate": share}
        return collar_based.best_fscore(scores, truth, **options)[0]["gun"]

    work = {
        "psds1": lambda: psds(0.7),
        "psds2": lambda: psds(0.1),
        "intersection": lambda: intersection_based.best_fscore(
            scores, truth, dtc_threshold=0.5, gtc_threshold=0.5
        )[0]["gun"],
        "collar": lambda: collar(0.2, 0.2, 0.2),
        "onset": lambda: collar(0.5, 1000, 0),
    }
    total = 0.0
    for name, function in work.items():
        began = time.perf_counter()
        value = function()
        total += time.perf_counter() - began
        print(f"  {name:<14} {ours[name]:.15f} here, {value:.15f} by sed_scores_eval")
    print(f"sed_scores_eval takes {total:.1f} s: {total / events:.1f} times as long")


if __name__ == "__main__":
    main()
