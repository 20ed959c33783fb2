-- The highest recall of a detector with at most so many false alarms per hour, by one criterion,
-- and the interval that holds 95% of the replicates. There are eight rates in a decade, from 0.1 to
-- 100.
{{ config(materialized='incremental') }}
with curve_values as (select * from {{ ref('curve_values') }}),

places as (select unnest(range(-8, 17)) as place),

rates as (
    select
        places.place,
        pow(10, places.place / 8.0) as alarms_per_hour
    from places
),

steps as (
    select
        curve_values.criterion,
        curve_values.replicate,
        rates.place,
        max(curve_values.recall) as recall
    from curve_values
    asof inner join rates on curve_values.false_alarms_per_hour <= rates.alarms_per_hour
    group by curve_values.criterion, curve_values.replicate, rates.place
),

curves as (
    select distinct
        steps.criterion,
        steps.replicate
    from steps
),

stairs as (
    select
        curves.criterion,
        curves.replicate,
        rates.alarms_per_hour,
        max(steps.recall) over (
            partition by curves.criterion, curves.replicate order by rates.place
        ) as recall
    from curves
    cross join rates
    left join steps
        on
            curves.criterion = steps.criterion
            and curves.replicate = steps.replicate
            and rates.place = steps.place
)

select
    {{ literal(detector) }} as detector,
    stairs.criterion,
    stairs.alarms_per_hour,
    any_value(stairs.recall) filter (where stairs.replicate = -1) as recall,
    quantile_cont(stairs.recall, 0.025) filter (where stairs.replicate >= 0) as low,
    quantile_cont(stairs.recall, 0.975) filter (where stairs.replicate >= 0) as high
from stairs
group by stairs.criterion, stairs.alarms_per_hour
order by stairs.criterion, stairs.alarms_per_hour
