"""Options of scoring."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class ScoreOptions:
    """How the predictions of detectors are scored.

    Attributes:
        detector: Name of the detector. None: the column `detector` of the files has it, or it is
            the name of the first file.
        subset: The subset to score on. None: `strong_eval`, or what the predictions say.
        hop_seconds: Distance of frames, in seconds. None: from the times in the files.
        median_filter: Length of the median filter, in frames, odd; 1: none.
        is_logit: Whether scores are logits, of which the logistic function is taken.
        alarms_per_hour: The diagnostics look at the threshold that gives at most so many false
            alarms per hour.
        threshold: The threshold for the diagnostics. None: by `alarms_per_hour`.
        replicates: Number of bootstrap replicates; 0: no intervals.
        seed: Seed of the replicates.
        implicit_negatives: Whether frames of the framed subset of which nothing is known are
            negatives.
        partial: Whether clips may lack scores.
    """

    detector: str | None = None
    subset: str | None = None
    hop_seconds: Decimal | None = None
    median_filter: int = 1
    is_logit: bool = False
    alarms_per_hour: Decimal = Decimal(1)
    threshold: Decimal | None = None
    replicates: int = 200
    seed: int = 0
    implicit_negatives: bool = False
    partial: bool = False
