"""A demo whose detectors are scored: A guesses, B knows more."""

from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.scoring import score


def score_demo(catalog: Path, folder: Path, replicates: int = 20) -> None:
    """Score the detectors A and B of gunshots on the clips of strong_eval, by frames of 0.1 s."""
    with duckdb.connect(str(catalog), read_only=True) as connection:
        clips = connection.execute(
            "select distinct clip_id from strong_events where subset = 'strong_eval' order by all"
        ).fetchall()
        spans = connection.execute(
            "select clip_id, start_seconds::double, end_seconds::double from gun.active_spans"
            " where subset = 'strong_eval'"
        ).fetchall()
    places = {clip: row for row, (clip,) in enumerate(clips)}
    random = np.random.default_rng(0)
    noise = random.normal(size=(len(clips), 100)) + random.normal(size=(len(clips), 1))
    better = noise.copy()
    for clip, start, end in spans:
        better[places[clip], int(start * 10) : int(np.ceil(end * 10))] += 2
    table = pa.table(
        {
            "detector": ["A"] * len(clips) + ["B"] * len(clips),
            "clip_id": [clip for (clip,) in clips] * 2,
            "scores": [*(1 / (1 + np.exp(-noise))), *(1 / (1 + np.exp(-better)))],
        }
    )
    pq.write_table(table, folder / "predictions.parquet")
    options = ScoreOptions(
        hop_seconds=Decimal("0.1"), replicates=replicates, alarms_per_hour=Decimal(60)
    )
    score(catalog, "gun", [folder / "predictions.parquet"], options)
