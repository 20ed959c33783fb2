-- PSDS by one criterion, of all clips (replicate -1) or of a replicate: the area below the highest
-- recall that is reached with at most so many false alarms per hour, as a part of the largest area.
-- Ç. Bilen et al., A framework for the robust evaluation of sound event detection, 2020; without
-- cross-triggers, since there is one class.
{{ config(materialized='table', schema='scoring') }}
with curve_values as (select * from {{ ref('curve_values') }}),

best as (
    select
        curve_values.criterion,
        curve_values.replicate,
        curve_values.false_alarms_per_hour,
        max(curve_values.recall) as recall
    from curve_values
    where
        curve_values.criterion in ('psds1', 'psds2', 'intersection')
        and curve_values.false_alarms_per_hour <= main.most_alarms_per_hour()
    group by
        curve_values.criterion, curve_values.replicate, curve_values.false_alarms_per_hour
),

stairs as (
    select
        best.criterion,
        best.replicate,
        max(best.recall) over rising as recall,
        coalesce(lead(best.false_alarms_per_hour) over rising, main.most_alarms_per_hour())
        - best.false_alarms_per_hour as width
    from best
    window rising as (
        partition by best.criterion, best.replicate order by best.false_alarms_per_hour
    )
)

select
    stairs.criterion,
    stairs.replicate,
    cast(sum(main.exact(stairs.recall * stairs.width)) as double) / main.most_alarms_per_hour()
        as psds
from stairs
group by stairs.criterion, stairs.replicate
