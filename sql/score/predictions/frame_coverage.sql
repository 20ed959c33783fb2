-- One evaluated clip whose frames a detector has scored: how many of them begin at or after its
-- end, and how much time at its end has no frame.
{{ config(materialized='table', schema='scoring') }}
with located_predictions as (select * from {{ ref('located_predictions') }}),

evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

frame_times as (select * from {{ ref('frame_times') }}),

frame_counts as (
    select
        located_predictions.detector,
        located_predictions.clip_number,
        max(coalesce(len(located_predictions.scores), located_predictions.frame + 1))
            as frame_count
    from located_predictions
    group by located_predictions.detector, located_predictions.clip_number
),

clips as (
    select
        frame_counts.detector,
        evaluation_clips.clip_id,
        evaluation_clips.clip_us,
        frame_counts.frame_count
    from frame_counts
    inner join evaluation_clips on frame_counts.clip_number = evaluation_clips.clip_number
    where evaluation_clips.is_evaluated
)

select
    clips.detector,
    clips.clip_id,
    greatest(0, clips.frame_count - (last_frames.frame + 1)) as left_out_count,
    greatest(0, clips.clip_us - coalesce(next_frames.start_us, clips.clip_us)) as missing_us
from clips
asof inner join frame_times as last_frames on clips.clip_us > last_frames.start_us
left join frame_times as next_frames on clips.frame_count = next_frames.frame
