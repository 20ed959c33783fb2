-- One clip of one video, with its start in the video and its length. A clip that only the strong
-- subsets have is taken to have the usual length.
{{ config(schema='internal') }}
with numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

strongly_labelled_clips as (select * from {{ ref('strongly_labelled_clips') }}),

only_strong as (
    select distinct strong_clips.clip_id
    from strong_clips
    anti join strongly_labelled_clips on strong_clips.clip_id = strongly_labelled_clips.clip_id
)

select
    numbered_weak_clips.ytid,
    cast(numbered_weak_clips.video_start_seconds * 1000 as bigint) as start_ms,
    numbered_weak_clips.video_end_seconds - numbered_weak_clips.video_start_seconds as clip_seconds
from numbered_weak_clips
union all
select
    left(only_strong.clip_id, 11) as ytid,
    cast(substr(only_strong.clip_id, 13) as bigint) as start_ms,
    cast(main.usual_clip_seconds() as decimal(9, 3)) as clip_seconds
from only_strong
