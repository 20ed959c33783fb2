-- One clip of the subset that is scored, or of the samples of the split: its number and length.
{{ config(materialized='table', schema='scoring') }}
with listed_clips as materialized (select * from {{ ref('listed_clips') }}),

video_clips as (select * from {{ ref('video_clips') }}),

videos as (
    select distinct left(listed_clips.clip_id, 11) as ytid
    from listed_clips
),

-- To name all clips would take longer than all the rest.
lengths as (
    select
        video_clips.ytid || '_' || video_clips.start_ms as clip_id,
        max(video_clips.clip_seconds) as clip_seconds
    from video_clips
    semi join videos on video_clips.ytid = videos.ytid
    group by video_clips.ytid, video_clips.start_ms
)

select
    cast(row_number() over (
        order by main.subset_place(listed_clips.subset), listed_clips.clip_id
    ) as integer) as clip_number,
    listed_clips.subset,
    listed_clips.clip_id,
    cast(coalesce(lengths.clip_seconds, main.usual_clip_seconds()) * 1000000 as bigint) as clip_us,
    listed_clips.has_target,
    listed_clips.is_evaluated
from listed_clips
left join lengths on listed_clips.clip_id = lengths.clip_id
