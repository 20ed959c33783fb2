-- One longest run of scores of a detector that reach a threshold: of frames, or of samples that
-- touch or overlap.
-- Parameters:
--   detector: The detector.
--   threshold: The threshold.
-- Columns:
--   subset: The subset of the clip.
--   clip_id: The clip.
--   start_seconds: Start in seconds from the start of the clip, inclusive.
--   end_seconds: End in seconds from the start of the clip, exclusive.
--   score: The highest score in it.
--   is_true: Whether the target is active at any moment of it.
{{ config(materialized='table_function', parameters='detector, threshold') }}
with scores as (select * from {{ ref('scores') }}),

detectors as (select * from {{ ref('detectors') }}),

chosen as (
    select
        coalesce(split_part(scores.sample_key, '/', 1), detectors.subset) as subset,
        scores.clip_id,
        scores.start_seconds,
        scores.end_seconds,
        scores.score,
        scores.is_positive
    from scores
    inner join detectors on scores.detector = detectors.detector and scores.unit = detectors.unit
    where
        scores.detector = detector  -- noqa: RF02
        and scores.score >= threshold  -- noqa: RF02
),

marked as (
    select
        chosen.*,
        main.begins_span((chosen.subset, chosen.clip_id), chosen.start_seconds, chosen.end_seconds)
            as begins_run
    from chosen
),

numbered as (
    select
        marked.*,
        main.span_number(
            (marked.subset, marked.clip_id),
            marked.start_seconds,
            marked.end_seconds,
            marked.begins_run
        ) as run_number
    from marked
)

select
    numbered.subset,
    numbered.clip_id,
    min(numbered.start_seconds) as start_seconds,
    max(numbered.end_seconds) as end_seconds,
    max(numbered.score) as score,
    bool_or(numbered.is_positive) as is_true
from numbered
group by numbered.subset, numbered.clip_id, numbered.run_number
