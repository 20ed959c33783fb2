-- One subset in figures: clips, events, labels, hours and imbalance.
-- A label without duration does not count for the imbalance.
{{ config(materialized='table') }}
with present_events as (select * from {{ ref('present_events') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

label_amounts as (select * from {{ ref('label_amounts') }}),

sizes as (
    select
        present_events.subset,
        count(distinct present_events.clip_id) as clip_count,
        count(*) as event_count,
        sum(present_events.end_seconds - present_events.start_seconds) as total_seconds
    from present_events
    group by present_events.subset
    union all
    select
        weak_clips.subset,
        count(*) as clip_count,
        sum(len(weak_clips.label_ids)) as event_count,
        sum(weak_clips.video_end_seconds - weak_clips.video_start_seconds) as total_seconds
    from weak_clips
    group by weak_clips.subset
),

labels as (
    select
        label_amounts.subset,
        count(*) as label_count,
        max(label_amounts.amount) as largest_amount,
        min(label_amounts.amount) filter (where label_amounts.amount > 0) as smallest_amount
    from label_amounts
    group by label_amounts.subset
)

select
    sizes.subset,
    sizes.clip_count,
    cast(sizes.event_count as bigint) as event_count,
    coalesce(labels.label_count, 0) as label_count,
    sizes.total_seconds / 3600 as hours,
    labels.largest_amount,
    labels.smallest_amount,
    labels.largest_amount / labels.smallest_amount as imbalance_ratio
from sizes
left join labels on sizes.subset = labels.subset
order by main.subset_place(sizes.subset)
