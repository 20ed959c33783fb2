-- One event with a positive label of the target.
-- It is overlapped if another event of its clip, whose label is not a positive label of the target,
-- has a moment in common with it. Touching is not overlapping.
{{ config(materialized='table') }}
with present_events as (select * from {{ ref('present_events') }}),

target_labels as (select * from {{ ref('target_labels') }}),

target_clips as (select * from {{ ref('target_clips') }}),

positive_labels as (
    select target_labels.label_id from target_labels
    where target_labels.role = 'positive'
),

positive_events as (
    select present_events.*
    from present_events
    semi join positive_labels on present_events.label_id = positive_labels.label_id
),

-- Only those of the few clips that matter: times are then compared for thousands, not millions.
other_events as (
    select present_events.*
    from present_events
    semi join target_clips
        on
            present_events.subset = target_clips.subset
            and present_events.clip_id = target_clips.clip_id
    anti join positive_labels on present_events.label_id = positive_labels.label_id
),

overlapped_events as (
    select distinct
        positive_events.subset,
        positive_events.event_id
    from positive_events
    inner join other_events
        on
            positive_events.subset = other_events.subset
            and positive_events.clip_id = other_events.clip_id
            and positive_events.end_seconds > other_events.start_seconds
            and positive_events.start_seconds < other_events.end_seconds
)

select
    positive_events.subset,
    positive_events.event_id,
    positive_events.clip_id,
    positive_events.start_seconds,
    positive_events.end_seconds,
    positive_events.label_id,
    overlapped_events.event_id is not null as is_overlapped
from positive_events
left join overlapped_events
    on
        positive_events.subset = overlapped_events.subset
        and positive_events.event_id = overlapped_events.event_id
order by positive_events.subset, positive_events.event_id
