-- How well a detector finds the events of the target, by one criterion. psds is null for collars,
-- which have none.
{{ config(materialized='incremental') }}
with best_points as (select * from {{ ref('best_points') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

psds_values as (select * from {{ ref('psds_values') }}),

metric_intervals as (select * from {{ ref('metric_intervals') }}),

best as (
    select
        best_points.*,
        main.event_f1(
            best_points.hit_count, best_points.false_alarm_count, best_points.event_count
        ) as f1
    from best_points
    qualify row_number() over (
        partition by best_points.criterion order by f1 desc, best_points.threshold desc
    ) = 1
)

select
    {{ literal(detector) }} as detector,
    criterion_totals.criterion,
    criterion_totals.event_count,
    criterion_totals.hours,
    psds_values.psds,
    metric_intervals.low as psds_low,
    metric_intervals.high as psds_high,
    case when criterion_totals.event_count > 0 then best.f1 end as best_f1,
    main.event_precision(best.hit_count, best.false_alarm_count) as precision,
    best.hit_count / nullif(criterion_totals.event_count, 0) as recall,
    (criterion_totals.event_count - best.hit_count + best.false_alarm_count)
    / nullif(criterion_totals.event_count, 0) as error_rate,
    best.threshold
from criterion_totals
left join best on criterion_totals.criterion = best.criterion
left join psds_values
    on criterion_totals.criterion = psds_values.criterion and psds_values.replicate = -1
left join metric_intervals
    on criterion_totals.criterion = metric_intervals.metric and metric_intervals.unit = 'event'
where
    criterion_totals.detector = {{ literal(detector) }}
    and criterion_totals.criterion <> 'alarm'
