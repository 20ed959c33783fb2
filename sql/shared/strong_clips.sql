-- One clip of the strong subsets, with its events that are present, in the order of event_id.
-- Clips are numbered after those of the weak subsets. Times are in milliseconds: the labels that
-- are active in a window are found by comparing it with each event of this list.
{{ config(materialized='table', schema='internal') }}
with present_events as (select * from {{ ref('present_events') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

clips as (
    select
        present_events.subset,
        present_events.clip_id,
        -- Sorted by event_id. To aggregate in an order would take twice the time.
        list_sort(list({
            'event_id': cast(present_events.event_id as integer),
            'start_ms': main.milliseconds(present_events.start_seconds),
            'end_ms': main.milliseconds(present_events.end_seconds),
            'label_index': mask_labels.label_index
        })) as events
    from present_events
    inner join mask_labels on present_events.label_id = mask_labels.label_id
    group by present_events.subset, present_events.clip_id
)

select
    cast(
        (select coalesce(max(numbered_weak_clips.clip_number) + 1, 0) from numbered_weak_clips)
        + row_number() over (order by main.subset_place(clips.subset), clips.clip_id)
        - 1 as integer
    ) as clip_number,
    clips.subset,
    clips.clip_id,
    clips.events
from clips
order by clip_number
