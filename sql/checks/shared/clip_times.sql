-- A clip of the weak subsets that ends before it starts, or is too long.
with weak_clips as (select * from {{ ref('weak_clips') }})

select
    weak_clips.subset,
    weak_clips.clip_id,
    weak_clips.video_start_seconds,
    weak_clips.video_end_seconds
from weak_clips
where
    weak_clips.video_start_seconds < 0
    or weak_clips.video_end_seconds <= weak_clips.video_start_seconds
    or weak_clips.video_end_seconds - weak_clips.video_start_seconds > main.longest_clip_seconds()
