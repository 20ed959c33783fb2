-- The most events that a detector finds with one number of false alarms, by one criterion, and the
-- highest threshold at which it does. No other threshold can be an optimum of anything.
{{ config(materialized='table', schema='scoring') }}
with event_curve as (select * from {{ ref('event_curve') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

best as (
    select
        event_curve.criterion,
        event_curve.false_alarm_count,
        max((event_curve.hit_count, event_curve.threshold)) as hits_and_threshold
    from event_curve
    where event_curve.detector = {{ literal(detector) }}
    group by event_curve.criterion, event_curve.false_alarm_count
)

select
    best.criterion,
    best.false_alarm_count,
    best.hits_and_threshold[1] as hit_count,
    best.hits_and_threshold[2] as threshold,
    criterion_totals.event_count,
    best.false_alarm_count / nullif(criterion_totals.hours, 0) as false_alarms_per_hour
from best
inner join criterion_totals
    on
        criterion_totals.detector = {{ literal(detector) }}
        and best.criterion = criterion_totals.criterion
