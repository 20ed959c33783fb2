-- The threshold at which a detector finds most events of the target with at most so many false
-- alarms per hour, by one criterion. Without such a threshold, nothing is found.
{{ config(materialized='incremental') }}
with best_points as (select * from {{ ref('best_points') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

recall_bands as (select * from {{ ref('recall_bands') }}),

rates as (
    select cast(unnest([0.1, 1, 10, 100]) as double) as alarms_per_hour
),

best as (
    select
        best_points.*,
        rates.alarms_per_hour
    from best_points
    inner join rates on best_points.false_alarms_per_hour <= rates.alarms_per_hour
    qualify row_number() over (
        partition by best_points.criterion, rates.alarms_per_hour
        order by best_points.hit_count desc, best_points.threshold desc
    ) = 1
)

select
    {{ literal(detector) }} as detector,
    criterion_totals.criterion,
    rates.alarms_per_hour,
    best.threshold,
    coalesce(best.hit_count, 0) / nullif(criterion_totals.event_count, 0) as recall,
    recall_bands.low as recall_low,
    recall_bands.high as recall_high,
    main.event_precision(best.hit_count, best.false_alarm_count) as precision
from criterion_totals
cross join rates
left join best
    on
        criterion_totals.criterion = best.criterion
        and rates.alarms_per_hour = best.alarms_per_hour
left join recall_bands
    on
        recall_bands.detector = {{ literal(detector) }}
        and criterion_totals.criterion = recall_bands.criterion
        and rates.alarms_per_hour = recall_bands.alarms_per_hour
where criterion_totals.detector = {{ literal(detector) }}
