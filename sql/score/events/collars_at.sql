-- One threshold of a detector, and what its detections are worth there, by any distance of their
-- starts and ends from those of spans of the target. A detection that is not matched is a false
-- alarm.
-- Parameters:
--   detector: The detector.
--   onset_collar: The largest distance of starts, in seconds.
--   offset_collar: The largest distance of ends, in seconds; null: any.
--   offset_share: The largest distance of ends as a part of the span, 0 to 1, if that is more.
-- Columns:
--   threshold: Detections are runs of frames with at least this score.
--   detection_count: How many detections there are.
--   hit_count: How many spans are matched.
--   false_alarm_count: How many detections are not matched.
--   recall: hit_count as a part of all spans.
--   precision: hit_count as a part of all detections.
--   f1: The harmonic mean of precision and recall.
--   false_alarms_per_hour: False alarms per hour of all evaluated clips.
{{ config(
    materialized='table_function',
    parameters='detector, onset_collar, offset_collar, offset_share'
) }}
with event_points as (select * from {{ ref('event_points') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

changes as (
    select
        event_points.threshold,
        event_points.detection_count,
        0 as hit_change
    from event_points
    where event_points.detector = detector  -- noqa: RF03
    union all
    select
        collar_changes.threshold,
        null as detection_count,
        collar_changes.hit_change
    from {{ ref('collar_changes') }}(
        detector, onset_collar, offset_collar, offset_share
    ) as collar_changes
),

by_threshold as (
    select
        changes.threshold,
        max(changes.detection_count) as detection_count,
        sum(changes.hit_change) as hit_change
    from changes
    group by changes.threshold
),

counts as (
    select
        by_threshold.threshold,
        last_value(by_threshold.detection_count ignore nulls) over falling as detection_count,
        cast(sum(by_threshold.hit_change) over falling as bigint) as hit_count
    from by_threshold
    window falling as (order by by_threshold.threshold desc rows unbounded preceding)
)

select
    counts.threshold,
    counts.detection_count,
    counts.hit_count,
    counts.detection_count - counts.hit_count as false_alarm_count,
    counts.hit_count / nullif(criterion_totals.event_count, 0) as recall,
    main.event_precision(counts.hit_count, counts.detection_count - counts.hit_count)
        as precision,
    main.event_f1(
        counts.hit_count,
        counts.detection_count - counts.hit_count,
        criterion_totals.event_count
    ) as f1,
    (counts.detection_count - counts.hit_count) / nullif(criterion_totals.hours, 0)
        as false_alarms_per_hour
from counts
inner join criterion_totals
    on
        criterion_totals.detector = detector  -- noqa: RF02
        and criterion_totals.criterion = 'intersection'
order by counts.threshold desc
