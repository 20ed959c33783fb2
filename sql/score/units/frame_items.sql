-- One frame of a clip that is evaluated, with its score and whether the target is active in it.
{{ config(schema='scoring') }}
with frames as (select * from {{ ref('frames') }}),

event_spans as (select * from {{ ref('event_spans') }}),

frame_times as (select * from {{ ref('frame_times') }}),

active_frames as (
    select distinct
        event_spans.clip_number,
        frame_times.frame
    from event_spans
    inner join frame_times
        on
            event_spans.start_us < frame_times.end_us
            and event_spans.end_us > frame_times.start_us
)

select
    frames.clip_number,
    frames.start_us,
    frames.end_us,
    cast(null as varchar) as sample_key,
    frames.score,
    active_frames.frame is not null as is_positive
from frames
left join active_frames
    on frames.clip_number = active_frames.clip_number and frames.frame = active_frames.frame
