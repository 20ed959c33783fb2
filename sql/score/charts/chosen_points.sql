-- What the detections of a detector are worth at its chosen threshold, by one criterion. Nothing
-- changes between two thresholds of event_curve, so that the lowest one that is not below the
-- chosen threshold has the counts.
with event_curve as (select * from {{ ref('event_curve') }}),

detectors as (select * from {{ ref('detectors') }}),

points as (
    select
        event_curve.detector,
        event_curve.criterion,
        any_value(detectors.threshold) as threshold,
        min({
            'curve_threshold': event_curve.threshold,
            'recall': event_curve.recall,
            'precision': event_curve.precision,
            'false_alarms_per_hour': event_curve.false_alarms_per_hour
        }) as point
    from event_curve
    inner join detectors
        on
            event_curve.detector = detectors.detector
            and event_curve.threshold >= detectors.threshold
    group by event_curve.detector, event_curve.criterion
)

select
    points.detector,
    points.criterion,
    points.threshold,
    points.point.recall,
    points.point.precision,
    points.point.false_alarms_per_hour
from points
where points.point.recall is not null and points.point.false_alarms_per_hour is not null
order by points.detector, points.criterion
