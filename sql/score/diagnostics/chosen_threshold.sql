-- The threshold that the diagnostics look at: the given one, or the highest of those that find most
-- events with at most so many false alarms per hour.
{{ config(materialized='table', schema='scoring') }}
with best_points as (select * from {{ ref('best_points') }}),

best as (
    select max((best_points.hit_count, best_points.threshold)) as hits_and_threshold
    from best_points
    where
        best_points.criterion = 'alarm'
        and best_points.false_alarms_per_hour <= {{ alarms_per_hour }}
)

select coalesce(cast({{ threshold }} as double), best.hits_and_threshold[2]) as threshold
from best
