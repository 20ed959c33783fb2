-- One label of one 960 ms frame of the synthetic framed subset: present in the frame, or not.
with demo_labelled_events as (select * from {{ ref('demo_labelled_events') }}),

demo_strong_clips as (select * from {{ ref('demo_strong_clips') }}),

eval_events as (
    select *
    from demo_labelled_events
    where subset = 'strong_eval'
),

frames as (
    select
        demo_strong_clips.clip_id,
        unnest(range(10)) as frame,
        cast(frame * 0.96 as decimal(9, 3)) as start_seconds,
        cast((frame + 1) * 0.96 as decimal(9, 3)) as end_seconds
    from demo_strong_clips
    where demo_strong_clips.is_framed
),

annotated as (
    select distinct
        frames.*,
        eval_events.label_id
    from frames
    inner join eval_events on frames.clip_id = eval_events.clip_id
),

present as (
    select
        annotated.*,
        exists(
            select 1
            from eval_events
            where
                eval_events.clip_id = annotated.clip_id
                and eval_events.label_id = annotated.label_id
                and eval_events.start_seconds < annotated.end_seconds
                and eval_events.end_seconds > annotated.start_seconds
        ) as is_present
    from annotated
)

select
    present.clip_id,
    present.start_seconds,
    present.end_seconds,
    present.label_id,
    present.is_present
from present
