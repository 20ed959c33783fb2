-- A clip with a positive or ignored label that has strong negatives.
with target_labels as (select * from {{ ref('target_labels') }}),

present_events as (select * from {{ ref('present_events') }}),

strong_negative_events as (select * from {{ ref('strong_negative_events') }}),

target_clips as (
    select distinct
        present_events.subset,
        present_events.clip_id
    from present_events
    semi join target_labels on present_events.label_id = target_labels.label_id
)

select distinct
    strong_negative_events.subset,
    strong_negative_events.clip_id
from strong_negative_events
semi join target_clips
    on
        strong_negative_events.subset = target_clips.subset
        and strong_negative_events.clip_id = target_clips.clip_id
