-- How many events one replicate has, and how many hours: those of the clips, as often as it has
-- them.
{{ config(materialized='table', schema='scoring') }}
with clip_totals as (select * from {{ ref('clip_totals') }}),

clip_weights as (select * from {{ ref('clip_weights') }}),

event_counts as (
    select sum(clip_totals.event_count * columns('replicate_.*'))
    from clip_totals
    inner join clip_weights on clip_totals.clip_number = clip_weights.clip_number
),

times as (
    select sum(clip_totals.evaluated_us * columns('replicate_.*'))
    from clip_totals
    inner join clip_weights on clip_totals.clip_number = clip_weights.clip_number
),

listed as (
    select
        (select list_value(*columns('replicate_.*')) from event_counts) as event_counts,
        (select list_value(*columns('replicate_.*')) from times) as evaluated_us
)

select
    unnest(range({{ replicates }})) as replicate,
    cast(unnest(listed.event_counts) as double) as event_count,
    main.hours(unnest(listed.evaluated_us)) as hours
from listed
