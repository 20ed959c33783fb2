-- One event with a positive label of the target, unless a listener marked it as incorrect.
-- It is overlapped if another event of its clip, whose label is not a positive label of the target,
-- has a moment in common with it. Touching is not overlapping.
{{ config(materialized='table') }}
with strong_clips as (select * from {{ ref('strong_clips') }}),

target_labels as (select * from {{ ref('target_labels') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

corrections as (select * from {{ ref('corrections') }}),

positive_labels as (
    select
        mask_labels.label_id,
        mask_labels.label_index
    from mask_labels
    semi join target_labels
        on mask_labels.label_id = target_labels.label_id and target_labels.role = 'positive'
),

positive_list as (
    select coalesce(list(positive_labels.label_index), []) as label_indices
    from positive_labels
),

parted as (
    select
        strong_clips.subset,
        strong_clips.clip_id,
        list_filter(
            strong_clips.events,
            lambda event:
            list_contains(positive_list.label_indices, event.label_index)  -- noqa: RF01
        ) as positive_events,
        list_filter(
            strong_clips.events,
            lambda event:
            not list_contains(positive_list.label_indices, event.label_index)  -- noqa: RF01
        ) as other_events
    from strong_clips
    cross join positive_list
),

positive_events as (
    select
        parted.subset,
        parted.clip_id,
        parted.other_events,
        unnest(parted.positive_events) as event
    from parted
    where len(parted.positive_events) > 0
)

select
    positive_events.subset,
    cast(positive_events.event.event_id as bigint) as event_id,
    positive_events.clip_id,
    main.seconds(positive_events.event.start_ms) as start_seconds,
    main.seconds(positive_events.event.end_ms) as end_seconds,
    positive_labels.label_id,
    len(list_filter(
        positive_events.other_events,
        lambda other:
        positive_events.event.end_ms > other.start_ms  -- noqa: RF01
        and positive_events.event.start_ms < other.end_ms  -- noqa: RF01
    )) > 0 as is_overlapped
from positive_events
inner join positive_labels on positive_events.event.label_index = positive_labels.label_index
anti join corrections
    on
        positive_events.subset = corrections.subset
        and positive_events.event.event_id = corrections.event_id
        and corrections.role = 'positive'
        and corrections.verdict = 'incorrect'
order by positive_events.subset, positive_events.event.event_id
