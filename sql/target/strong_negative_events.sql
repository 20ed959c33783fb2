-- One event of a clip that has, in this subset, no event with a positive or ignored label.
-- One such event anywhere in the clip excludes all events of the clip.
with present_events as (select * from {{ ref('present_events') }}),

target_clips as (select * from {{ ref('target_clips') }})

select
    present_events.subset,
    present_events.event_id,
    present_events.clip_id,
    present_events.start_seconds,
    present_events.end_seconds,
    present_events.label_id
from present_events
anti join target_clips
    on
        present_events.subset = target_clips.subset
        and present_events.clip_id = target_clips.clip_id
