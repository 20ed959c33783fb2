-- One threshold of a detector, and by one criterion what its detections are worth there. By the
-- criterion 'alarm', a detection is correct if it has any moment in common with the target.
with event_points as (select * from {{ ref('event_points') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

points as (
    select
        event_points.detector,
        event_points.threshold,
        event_points.detection_count,
        unnest(['psds1', 'psds2', 'intersection', 'collar', 'onset', 'alarm']) as criterion,
        unnest([
            event_points.psds1_hits,
            event_points.psds2_hits,
            event_points.intersection_hits,
            event_points.collar_hits,
            event_points.onset_hits,
            event_points.alarm_hits
        ]) as hit_count,
        event_points.detection_count - unnest([
            event_points.psds1_correct,
            event_points.psds2_correct,
            event_points.intersection_correct,
            event_points.collar_correct,
            event_points.onset_correct,
            event_points.alarm_correct
        ]) as false_alarm_count
    from event_points
)

select
    points.detector,
    points.criterion,
    points.threshold,
    points.detection_count,
    points.hit_count,
    points.false_alarm_count,
    points.hit_count / nullif(criterion_totals.event_count, 0) as recall,
    main.event_precision(points.hit_count, points.false_alarm_count) as precision,
    main.event_f1(points.hit_count, points.false_alarm_count, criterion_totals.event_count) as f1,
    points.false_alarm_count / nullif(criterion_totals.hours, 0) as false_alarms_per_hour
from points
inner join criterion_totals
    on
        points.detector = criterion_totals.detector
        and points.criterion = criterion_totals.criterion
