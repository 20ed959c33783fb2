-- One part of a detection that is correct: the part on one span of the target. A detection is
-- correct if at least a part of it is on spans of the target.
-- Parameters:
--   detector: The detector.
--   dtc: The part of a detection, 0 to 1; at 0, any moment will do.
-- Columns:
--   detection_number: The detection.
--   clip_number: The clip.
--   score: The detection exists at thresholds up to its score,
--   joined_score: and above this one; null: at all lower ones.
--   span_number: The span.
--   span_us: The length of the span, in microseconds.
--   shared_us: How much of it the detection covers, in microseconds.
{{ config(materialized='table_function', parameters='detector, dtc') }}
with detections as (select * from {{ ref('detections') }}),

scored_spans as (select * from {{ ref('scored_spans') }}),

shared as (
    select
        detections.detection_number,
        detections.clip_number,
        detections.score,
        detections.joined_score,
        detections.end_us - detections.start_us as detection_us,
        scored_spans.span_number,
        scored_spans.end_us - scored_spans.start_us as span_us,
        least(detections.end_us, scored_spans.end_us)
        - greatest(detections.start_us, scored_spans.start_us) as shared_us
    from detections
    inner join scored_spans
        on
            detections.detector = scored_spans.detector
            and detections.clip_number = scored_spans.clip_number
            and detections.start_us < scored_spans.end_us
            and detections.end_us > scored_spans.start_us
    where detections.detector = detector  -- noqa: RF02
)

select
    shared.detection_number,
    shared.clip_number,
    shared.score,
    shared.joined_score,
    shared.span_number,
    shared.span_us,
    shared.shared_us
from shared
qualify
    sum(shared.shared_us) over (partition by shared.detection_number)
    >= round(dtc * shared.detection_us)  -- noqa: RF03
