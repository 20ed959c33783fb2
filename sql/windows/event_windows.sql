-- One event that is present, with the number of its windows of {{ window_ms }} ms and the sample_id
-- of the first one. `events` are all events of its clip.
with strong_clips as (select * from {{ ref('strong_clips') }}),

clip_windows as (select * from {{ ref('clip_windows') }}),

listed as (
    select
        strong_clips.clip_number,
        strong_clips.subset,
        strong_clips.clip_id,
        strong_clips.events,
        unnest(strong_clips.events) as event,
        unnest(clip_windows.first_sample_ids) as first_sample_id
    from strong_clips
    inner join clip_windows on strong_clips.clip_number = clip_windows.clip_number
)

select
    listed.clip_number,
    listed.subset,
    listed.clip_id,
    listed.events,
    listed.event.event_id,
    listed.event.start_ms,
    listed.event.end_ms,
    listed.event.label_index,
    listed.first_sample_id,
    main.window_count(listed.event.end_ms - listed.event.start_ms, {{ window_ms }})
        as window_count
from listed
