-- What changes at one threshold by one criterion in one replicate.
{{ config(materialized='table', schema='scoring') }}
with curve_changes as (select * from {{ ref('curve_changes') }}),

clip_weights as (select * from {{ ref('clip_weights') }}),

hits as (
    select
        curve_changes.criterion,
        curve_changes.threshold,
        sum(curve_changes.hit_change * columns('replicate_.*'))
    from curve_changes
    inner join clip_weights on curve_changes.clip_number = clip_weights.clip_number
    where curve_changes.hit_change <> 0
    group by curve_changes.criterion, curve_changes.threshold
),

alarms as (
    select
        curve_changes.criterion,
        curve_changes.threshold,
        sum(curve_changes.alarm_change * columns('replicate_.*'))
    from curve_changes
    inner join clip_weights on curve_changes.clip_number = clip_weights.clip_number
    where curve_changes.alarm_change <> 0
    group by curve_changes.criterion, curve_changes.threshold
),

listed as (
    select
        hits.criterion,
        hits.threshold,
        list_value(*columns('replicate_.*')) as hit_changes,
        null as alarm_changes
    from hits
    union all
    select
        alarms.criterion,
        alarms.threshold,
        null as hit_changes,
        list_value(*columns('replicate_.*')) as alarm_changes
    from alarms
),

unlisted as (
    select
        listed.criterion,
        listed.threshold,
        unnest(range({{ replicates }})) as replicate,
        unnest(any_value(listed.hit_changes)) as hit_change,
        unnest(any_value(listed.alarm_changes)) as alarm_change
    from listed
    group by listed.criterion, listed.threshold
)

select
    unlisted.criterion,
    unlisted.threshold,
    cast(unlisted.replicate as integer) as replicate,
    coalesce(unlisted.hit_change, 0) as hit_change,
    coalesce(unlisted.alarm_change, 0) as alarm_change
from unlisted
