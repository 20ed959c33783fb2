-- One frame of a clip that is evaluated, with its time and the score that its file has. Frames that
-- begin at or after the end of their clip are left out; the last one is cut at it.
{{ config(schema='scoring') }}
with predicted_frames as (select * from {{ ref('predicted_frames') }}),

evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

frame_times as (select * from {{ ref('frame_times') }})

select
    predicted_frames.clip_number,
    predicted_frames.frame,
    frame_times.start_us,
    least(frame_times.end_us, evaluation_clips.clip_us) as end_us,
    predicted_frames.score
from predicted_frames
inner join frame_times on predicted_frames.frame = frame_times.frame
inner join evaluation_clips on predicted_frames.clip_number = evaluation_clips.clip_number
where frame_times.start_us < evaluation_clips.clip_us
