-- What changes at one threshold by one criterion in one replicate.
-- Most rows of curve_changes change only one of the two counts, so each is weighted by itself.
{{ config(materialized='table', schema='scoring') }}
with curve_changes as (select * from {{ ref('curve_changes') }}),

clip_weights as (select * from {{ ref('clip_weights') }}),

changes as (
    select
        curve_changes.criterion,
        curve_changes.threshold,
        curve_changes.clip_number,
        unnest(['hits', 'alarms']) as kind,
        unnest([curve_changes.hit_change, curve_changes.alarm_change]) as change
    from curve_changes
),

weighted as (
    select
        changes.criterion,
        changes.threshold,
        changes.kind,
        sum(changes.change * columns('replicate_.*'))
    from changes
    inner join clip_weights on changes.clip_number = clip_weights.clip_number
    where changes.change <> 0
    group by changes.criterion, changes.threshold, changes.kind
),

listed as (
    select
        weighted.criterion,
        weighted.threshold,
        weighted.kind,
        list_value(*columns('replicate_.*')) as changes
    from weighted
),

unlisted as (
    select
        listed.criterion,
        listed.threshold,
        unnest(range({{ replicates }})) as replicate,
        unnest(any_value(listed.changes) filter (where listed.kind = 'hits')) as hit_change,
        unnest(any_value(listed.changes) filter (where listed.kind = 'alarms')) as alarm_change
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
