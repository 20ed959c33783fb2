-- One point of the curve of hits over false alarms by one criterion in one replicate. Each curve
-- begins without any alarm.
{{ config(schema='scoring') }}
with curve_replicates as (select * from {{ ref('curve_replicates') }}),

replicate_totals as (select * from {{ ref('replicate_totals') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

summed as (
    select
        curve_replicates.criterion,
        curve_replicates.replicate,
        sum(curve_replicates.hit_change) over falling as hit_count,
        sum(curve_replicates.alarm_change) over falling as false_alarm_count
    from curve_replicates
    window falling as (
        partition by curve_replicates.criterion, curve_replicates.replicate
        order by curve_replicates.threshold desc
        rows unbounded preceding
    )
),

counts as (
    select * from summed
    union all
    select
        criterion_totals.criterion,
        replicate_totals.replicate,
        0 as hit_count,
        0 as false_alarm_count
    from criterion_totals
    cross join replicate_totals
    where criterion_totals.detector = {{ literal(detector) }}
)

select
    counts.criterion,
    counts.replicate,
    counts.hit_count,
    counts.false_alarm_count,
    replicate_totals.event_count,
    replicate_totals.hours
from counts
inner join replicate_totals on counts.replicate = replicate_totals.replicate
