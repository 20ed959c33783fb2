-- One group that an event of the target belongs to: by its duration, its label, whether it is
-- overlapped, its place in the clip, and each label that overlaps it. Clips belong to none.
{{ config(materialized='table', schema='scoring') }}
with scored_events as (select * from {{ ref('scored_events') }}),

evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

present_events as (select * from {{ ref('present_events') }}),

target_labels as (select * from {{ ref('target_labels') }}),

labels as (select * from {{ ref('labels') }}),

events as (
    select
        scored_events.*,
        evaluation_clips.subset,
        evaluation_clips.clip_id,
        evaluation_clips.clip_us
    from scored_events
    inner join evaluation_clips on scored_events.clip_number = evaluation_clips.clip_number
    where {{ literal(unit) }} <> 'clip'
),

overlapping as (
    select distinct
        events.event_number,
        present_events.label_id
    from events
    inner join present_events
        on
            events.subset = present_events.subset
            and events.clip_id = present_events.clip_id
            and events.start_us < present_events.end_seconds * 1000000
            and events.end_us > present_events.start_seconds * 1000000
    anti join target_labels
        on present_events.label_id = target_labels.label_id and target_labels.role = 'positive'
)

select
    events.event_number,
    unnest(['duration', 'label', 'overlapped', 'place']) as grouping,
    unnest([
        main.duration_class((events.end_us - events.start_us) / 1000000),
        labels.title,
        case when events.is_overlapped then 'overlapped' else 'alone' end,
        main.place_class(events.start_us, events.end_us, events.clip_us)
    ]) as value
from events
left join labels on events.label_id = labels.label_id
union all
select
    overlapping.event_number,
    'overlapping label' as grouping,
    labels.title as value
from overlapping
inner join labels on overlapping.label_id = labels.label_id
