-- One point of the curve of recall over false alarms per hour by one criterion, of all clips
-- (replicate -1) or of a replicate. Each curve begins without any alarm.
{{ config(materialized='table', schema='scoring') }}
with best_points as (select * from {{ ref('best_points') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

totals as (
    select
        criterion_totals.criterion,
        -1 as replicate,
        cast(criterion_totals.event_count as double) as event_count,
        criterion_totals.hours
    from criterion_totals
    where criterion_totals.detector = {{ literal(detector) }}
),

{% if replicates %}
    replicate_points as (select * from {{ ref('replicate_points') }}),
{% endif %}

points as (
    select
        totals.criterion,
        totals.replicate,
        0 as hit_count,
        0 as false_alarm_count,
        totals.event_count,
        totals.hours
    from totals
    union all
    select
        best_points.criterion,
        totals.replicate,
        best_points.hit_count,
        best_points.false_alarm_count,
        totals.event_count,
        totals.hours
    from best_points
    inner join totals on best_points.criterion = totals.criterion
    {% if replicates %}
        union all
        select * from replicate_points
    {% endif %}
)

select
    points.criterion,
    points.replicate,
    points.hit_count / nullif(points.event_count, 0) as recall,
    points.false_alarm_count / nullif(points.hours, 0) as false_alarms_per_hour
from points
