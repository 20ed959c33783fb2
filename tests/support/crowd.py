"""A catalog of clips with crowded events, and a detector with tied scores."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.scoring import score
from support.detections import Span, frame_times, joined, runs
from support.effort import MORE
from support.metadata import write_metadata, youtube_id

CLIPS = 40 * MORE


class Crowd:
    """Clips with crowded events, some without the target, and tied scores of frames."""

    def __init__(self, folder: Path, hop: str, levels: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.hop = hop
        self.clip_us = {}
        # All events, of the target and others, as they are written; times in microseconds.
        self.events: dict[int, list[tuple[int, int, str]]] = {}
        self.spans, self.times, self.scores = {}, {}, {}
        events, clips = [], []
        for number in range(CLIPS):
            ytid = youtube_id("c", number)
            seconds = 10 if number % 5 else 7.25
            self.clip_us[number] = int(seconds * 1_000_000)
            clips.append(f"{ytid} 30.000 {30 + seconds:.3f} /m/other")
            own = self.events[number] = []
            for _ in range(random.integers(0, 9) if number % 3 else 0):
                start = int(random.integers(0, 6900))
                end = min(start + int(random.choice([0, 40, 200, 300, 1000, 3000])), 7250)
                own.append((start * 1000, end * 1000, "/m/gun"))
            for label in random.choice(["/m/other", "/m/rain"], random.integers(1, 4)):
                start = int(random.integers(0, 5000))
                end = start + int(random.choice([1, 1500]))
                own.append((start * 1000, end * 1000, str(label)))
            for start, end, label in own:
                events.append(f"{ytid}_30000 {start / 1e6:.3f} {end / 1e6:.3f} {label}")
            self.spans[number] = joined(event[:2] for event in own if event[2] == "/m/gun")
            self.times[number] = frame_times(hop, 10**4 // 20, self.clip_us[number])
            noise = random.normal(size=len(self.times[number])).cumsum() / 3
            self.scores[number] = (np.round(noise * levels) / levels).tolist()
        metadata = write_metadata(
            folder / "metadata",
            eval="\n".join(events),
            weak_eval="\n".join(clips),
            names="/m/gun Gun\n/m/other Other\n/m/rain Rain",
        )
        self.catalog = folder / "catalog.duckdb"
        build(self.catalog, [Target("t", ("/m/gun",))], metadata)
        self.file = folder / "mine.parquet"
        table = {
            "clip_id": [f"{youtube_id('c', number)}_30000" for number in self.scores],
            "scores": list(self.scores.values()),
        }
        pq.write_table(pa.table(table), self.file)

    @property
    def thresholds(self) -> list[float]:
        return sorted({score for scores in self.scores.values() for score in scores}, reverse=True)

    def counts(
        self, criterion: Callable[[list[Span], list[Span]], tuple[int, int]], threshold: float
    ) -> tuple[int, int, int]:
        """Detections, hits and false alarms."""
        detection_count = hit_count = correct_count = 0
        for number, scores in self.scores.items():
            found = runs(self.times[number], scores, threshold)
            hits, correct = criterion(found, self.spans[number])
            detection_count += len(found)
            hit_count += hits
            correct_count += correct
        return detection_count, hit_count, detection_count - correct_count

    def score(self, **options: object) -> None:
        """Score the detector `mine`."""
        options = {"hop_seconds": Decimal(self.hop), "replicates": 0} | options
        score(self.catalog, "t", [self.file], ScoreOptions(**options))
