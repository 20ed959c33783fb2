-- One label of one 960 ms frame of the made framed set: heard, or listened for and not heard.
with demo_events as (
    select * from {{ ref('demo_events') }}
    where subset = 'strong_eval'
),

frames as (
    select
        demo_strong_clips.clip_id,
        unnest(range(10)) as frame,
        cast(frame * 0.96 as decimal(9, 3)) as start_seconds,
        cast((frame + 1) * 0.96 as decimal(9, 3)) as end_seconds
    from {{ ref('demo_strong_clips') }} as demo_strong_clips
    where demo_strong_clips.is_framed
),

listened_for as (
    select distinct
        frames.*,
        demo_events.label_id
    from frames
    inner join demo_events on frames.clip_id = demo_events.clip_id
),

heard as (
    select
        listened_for.*,
        exists(
            select 1
            from demo_events
            where
                demo_events.clip_id = listened_for.clip_id
                and demo_events.label_id = listened_for.label_id
                and demo_events.start_seconds < listened_for.end_seconds
                and demo_events.end_seconds > listened_for.start_seconds
        ) as is_present
    from listened_for
)

select
    heard.clip_id,
    heard.start_seconds,
    heard.end_seconds,
    heard.label_id,
    heard.is_present
from heard
