"""What predictions lack, or have wrong: errors, warnings and counts."""

from __future__ import annotations

import logging
from typing import Any

import duckdb

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.score.scoring_plan import FRAMED, SUBSETS_OF, ScoringPlan
from audioset_duck.sqltext import identifier
from audioset_duck.wording import counted

log = logging.getLogger(__name__)

# How many errors of the predictions a message shows.
_MOST_ERRORS = 3


def check_predictions(connection: duckdb.DuckDBPyConnection, plan: ScoringPlan) -> None:
    """Raise AudiosetDuckError for what is wrong with the predictions, the first errors first."""
    found = connection.execute(
        "select file_number, line, problem, count(*) over () from scoring.prediction_errors"
        f" order by file_number, line, problem limit {_MOST_ERRORS}"
    ).fetchall()
    if found:
        count = found[0][3]
        listed = "; ".join(
            f"{plan.predictions.place(number, line)}: {problem}"
            for number, line, problem, _ in found
        )
        more = f"; and {count - len(found):,} more errors" if count > len(found) else ""
        raise AudiosetDuckError(f"{listed}{more}")


def completeness(
    connection: duckdb.DuckDBPyConnection, plan: ScoringPlan, detector: str
) -> dict[str, Any]:
    """What is missing of a detector's predictions, and whether its scores are probabilities.

    Raises:
        AudiosetDuckError: Clips or samples have no score, or frames are missing, and that is not
            allowed.
    """
    item = "sample" if plan.unit == "sample" else "clip"
    ((missing, positives, example),) = connection.execute(
        f"select count(*), count(*) filter (is_positive), min(name) from scoring.missing_{item}s"
        " where detector = $1",
        [detector],
    ).fetchall()
    where = plan.target.name if plan.unit == "sample" else plan.subsets[0]
    if missing:
        message = (
            f"{detector} has no scores of {counted(missing, item)} of {where}, {positives:,} of"
            f" them with the target, such as {example}"
        )
        if not plan.options.partial:
            raise AudiosetDuckError(f"{message}; score the others alone with --partial")
        log.warning("%s; they are not evaluated", message)
    left_out = short = 0
    if plan.unit == "sample":
        ((corrected,),) = connection.execute(
            "select count(*) from scoring.corrected_samples where detector = $1", [detector]
        ).fetchall()
        if corrected:
            log.warning(
                "%s scores of %s are of samples that corrections exclude, and are left out",
                f"{corrected:,}",
                detector,
            )
    if plan.unit == "frame":
        ((left_out, short, far, example),) = connection.execute(
            "select coalesce(sum(left_out_count), 0), count(*) filter (missing_us > 0),"
            " count(*) filter (missing_us > 1000000),"
            " min_by(clip_id || ' by ' || missing_us / 1000000 || ' s', -missing_us)"
            " from scoring.frame_coverage where detector = $1",
            [detector],
        ).fetchall()
        if far and not plan.options.partial:
            raise AudiosetDuckError(
                f"the frames of {counted(far, 'clip')} of {detector} end over a second before the"
                f" clip does, such as those of {example}, at a hop of {plan.hop_seconds} s;"
                " give the hop of the frames with --hop, or score what there is with --partial"
            )
        if left_out:
            log.warning(
                "frames of %s left out, as they begin after the end of their clip at a hop of %s s:"
                " %s",
                detector,
                plan.hop_seconds,
                f"{left_out:,}",
            )
        if short:
            log.warning(
                "the frames of %s of %s end before the clip does, such as those of %s; nothing is"
                " detected in the rest",
                counted(short, "clip"),
                detector,
                example,
            )
    ((low, high),) = connection.execute(
        "select min(coalesce(score, list_min(scores))), max(coalesce(score, list_max(scores)))"
        " from scoring.predictions where detector = $1",
        [detector],
    ).fetchall()
    is_probability = plan.options.is_logit or (low is not None and low >= 0 and high <= 1)
    if not is_probability:
        log.warning(
            "the scores of %s reach from %g to %g and are not probabilities, so that their"
            " calibration is not measured; if they are logits, add --logits",
            detector,
            low,
            high,
        )
    elif low == high and not plan.options.is_logit:
        log.warning("all scores of %s are %g", detector, low)
    return {
        "is_probability": is_probability,
        "missing_count": missing,
        "missing_positive_count": positives,
        "left_out_count": int(left_out),
        "short_count": short,
    }


def check_framed_frames(
    connection: duckdb.DuckDBPyConnection, plan: ScoringPlan, detector: str
) -> None:
    """Raise AudiosetDuckError, or warn, if frames of the framed subset have no score.

    Which frames have a label is known when the clips are.
    """
    if plan.unit != "framed":
        return
    ((missing, positives, example),) = connection.execute(
        "select count(*), count(*) filter (framed_truth.is_positive),"
        " min(evaluation_clips.clip_id || ' from ' || framed_truth.start_us / 1000000 || ' s on')"
        " from scoring.framed_truth"
        " inner join scoring.evaluation_clips using (clip_number)"
        " semi join scoring.predicted_clips using (clip_number)"
        " anti join scoring.scored_items using (clip_number, start_us)"
    ).fetchall()
    if not missing:
        return
    message = (
        f"{detector} has no scores of {missing:,} frames of {FRAMED} in the clips that it has, "
        f"{positives:,} of them with the target, such as {example}"
    )
    if not plan.options.partial:
        raise AudiosetDuckError(f"{message}; score the others alone with --partial")
    log.warning("%s; they are not evaluated", message)


def warn_of_what_is_not_known(
    connection: duckdb.DuckDBPyConnection, plan: ScoringPlan, detector: str
) -> None:
    """Warn of units that have no ranking metrics, and of scores of the train split."""
    rows = connection.execute(
        f"select unit, positive_count from {identifier(plan.target.name)}.ranking_metrics"
        " where detector = $1 and (positive_count = 0 or negative_count = 0) order by unit",
        [detector],
    ).fetchall()
    for unit, positive_count in rows:
        log.warning(
            "%s has no %s of unit %s, so that its ranking is not known",
            detector,
            "negatives" if positive_count else "positives",
            unit,
        )
    if plan.subsets[0] in SUBSETS_OF["train"]:
        log.warning(
            "%s is scored on the train split; a detector that was trained on it looks better there"
            " than it is",
            detector,
        )
