"""What a person reads first of a detector's scores."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from audioset_duck.catalog.models import render_query
from audioset_duck.catalog.query import Table, query_table
from audioset_duck.sqltext import identifier
from audioset_duck.wording import counted

_HEADINGS = {
    "confidence_interval": "95% interval",
    "title": "sound",
    "false_alarm_count": "false alarms",
    "lift": "as often as elsewhere",
    "highest_score": "highest score",
}


@dataclass(frozen=True)
class Summary:
    """A detector in a few lines.

    Attributes:
        title: What was scored.
        metrics: The metrics, with intervals.
        sounds_title: At which threshold false alarms are counted.
        sounds: The labels during which there are most false alarms.
        notes: What is missing, as sentences.
        next_queries: Queries that are worth trying next.
    """

    title: str
    metrics: Table
    sounds_title: str
    sounds: Table
    notes: list[str]
    next_queries: list[str]


def summarise(connection: duckdb.DuckDBPyConnection, target: str, detector: str) -> Summary:
    """Summarise a detector that was scored.

    Args:
        connection: The catalog.
        target: The target.
        detector: The detector.
    """
    schema = identifier(target)
    row = connection.execute(
        "select unit, subset, clip_count, hours, threshold, missing_clip_count,"
        " missing_positive_count, left_out_frame_count, short_clip_count,"
        f" (select count(*) from {schema}.alarms where alarms.detector = $1 and not is_true),"
        f" (select count(*) from {schema}.alarms where alarms.detector = $1 and not is_true"
        f" and clip_id not in (select clip_id from {schema}.scores"
        " where scores.detector = $1 and is_positive))"
        f" from {schema}.detectors where detector = $1",
        [detector],
    ).fetchall()
    ((unit, subset, clips, hours, threshold, missing, positives, left_out, short, *alarms),) = row
    all_alarms, target_free_alarms = alarms
    item = "sample" if unit == "sample" else "clip"
    notes = []
    if missing:
        notes.append(
            f"not evaluated, for lack of a score: {counted(missing, item)}, {positives:,} of them"
            " with the target"
        )
    if left_out:
        notes.append(f"frames left out, as they begin after the end of their clip: {left_out:,}")
    if short:
        notes.append(f"clips whose frames end before the clip does: {short:,}")
    metrics, sounds = (
        query_table(
            connection,
            render_query(f"score/files/{name}", schema=schema, detector=detector)[1],
            headings=_HEADINGS,
        )
        for name in ("summary", "summary_sounds")
    )
    if threshold is None:
        sounds_title = "No threshold gives so few false alarms; allow more with --alarms-per-hour"
    elif all_alarms:
        sounds_title = (
            f"{counted(all_alarms, 'false alarm')} at threshold {threshold:.4g},"
            f" {target_free_alarms:,} in clips without the target; most of these are during:"
        )
    else:
        sounds_title = (
            f"No false alarms at threshold {threshold:.4g}; allow some with --alarms-per-hour"
        )
    return Summary(
        f"{detector} for {target}, on {subset or 'samples'}: {counted(clips, 'clip')},"
        f" {hours:,.1f} hours",
        metrics,
        sounds_title,
        sounds,
        notes,
        [
            # With few columns, so that a terminal shows all of them.
            "select detector, clip_id, start_seconds, score, title"
            f" from {target}.worst_alarms order by rank",
            f"select * exclude (median_score) from {target}.recall_by",
            f"select kind, clip_id, start_seconds, score, url from {target}.suspects limit 20",
        ],
    )
