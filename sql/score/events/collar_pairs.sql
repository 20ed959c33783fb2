-- One detection and one span of the target that match: their starts are within a collar of each
-- other, and their ends within one too.
-- Parameters:
--   detector: The detector.
--   onset_collar: The largest distance of starts, in seconds.
--   offset_collar: The largest distance of ends, in seconds; null: any.
--   offset_share: The largest distance of ends as a part of the span, 0 to 1, if that is more.
-- Columns:
--   clip_number: The clip.
--   detection_number: The detection.
--   start_us: The start of the detection, in microseconds.
--   score: The detection exists at thresholds up to its score,
--   joined_score: and above this one; minus infinity: at all lower ones.
--   span_number: The span.
{{ config(
    materialized='table_function',
    parameters='detector, onset_collar, offset_collar, offset_share'
) }}
with detections as (select * from {{ ref('detections') }}),

scored_spans as (select * from {{ ref('scored_spans') }}),

near_starts as (
    select
        detections.clip_number,
        detections.detection_number,
        detections.start_us,
        detections.score,
        coalesce(detections.joined_score, '-infinity') as joined_score,
        scored_spans.span_number,
        scored_spans.end_us - scored_spans.start_us as span_us,
        abs(detections.end_us - scored_spans.end_us) as offset_us
    from detections
    inner join scored_spans
        on
            detections.detector = scored_spans.detector
            and detections.clip_number = scored_spans.clip_number
            and abs(detections.start_us - scored_spans.start_us)
            <= round(onset_collar * 1000000)  -- noqa: RF02
    where detections.detector = detector  -- noqa: RF02
)

select
    near_starts.clip_number,
    near_starts.detection_number,
    near_starts.start_us,
    near_starts.score,
    near_starts.joined_score,
    near_starts.span_number
from near_starts
where
    offset_collar is null  -- noqa: RF03
    or near_starts.offset_us <= round(greatest(
        offset_collar * 1000000, offset_share * near_starts.span_us  -- noqa: RF03
    ))
