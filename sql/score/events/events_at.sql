-- One threshold of a detector, and what its detections are worth there, by any part that detections
-- and spans of the target must share.
-- Parameters:
--   detector: The detector.
--   dtc: The part of a detection that must be on the target for it to be correct, 0 to 1.
--   gtc: The part of a span that must be on correct detections for it to be found, 0 to 1.
-- Columns:
--   threshold: Detections are runs of frames with at least this score.
--   detection_count: How many detections there are.
--   hit_count: How many spans are found.
--   false_alarm_count: How many detections are not correct.
--   recall: hit_count as a part of all spans.
--   precision: hit_count as a part of itself and the false alarms.
--   f1: The harmonic mean of precision and recall.
--   false_alarms_per_hour: False alarms per hour of all evaluated clips.
{{ config(materialized='table_function', parameters='detector, dtc, gtc') }}
with event_points as (select * from {{ ref('event_points') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

changes as (
    select
        event_points.threshold,
        event_points.detection_count,
        0 as hit_change,
        0 as correct_change
    from event_points
    where event_points.detector = detector  -- noqa: RF03
    union all
    select
        intersection_changes.threshold,
        null as detection_count,
        intersection_changes.hit_change,
        intersection_changes.correct_change
    from {{ ref('intersection_changes') }}(detector, dtc, gtc) as intersection_changes
),

by_threshold as (
    select
        changes.threshold,
        max(changes.detection_count) as detection_count,
        sum(changes.hit_change) as hit_change,
        sum(changes.correct_change) as correct_change
    from changes
    group by changes.threshold
),

counts as (
    select
        by_threshold.threshold,
        last_value(by_threshold.detection_count ignore nulls) over falling as detection_count,
        cast(sum(by_threshold.hit_change) over falling as bigint) as hit_count,
        cast(sum(by_threshold.correct_change) over falling as bigint) as correct_count
    from by_threshold
    window falling as (order by by_threshold.threshold desc rows unbounded preceding)
)

select
    counts.threshold,
    counts.detection_count,
    counts.hit_count,
    counts.detection_count - counts.correct_count as false_alarm_count,
    counts.hit_count / nullif(criterion_totals.event_count, 0) as recall,
    main.event_precision(counts.hit_count, counts.detection_count - counts.correct_count)
        as precision,
    main.event_f1(
        counts.hit_count,
        counts.detection_count - counts.correct_count,
        criterion_totals.event_count
    ) as f1,
    (counts.detection_count - counts.correct_count) / nullif(criterion_totals.hours, 0)
        as false_alarms_per_hour
from counts
inner join criterion_totals
    on
        criterion_totals.detector = detector  -- noqa: RF02
        and criterion_totals.criterion = 'intersection'
order by counts.threshold desc
