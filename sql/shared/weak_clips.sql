-- One clip of the weak subsets, with its labels.
-- Its times are those of the YouTube video. Its clip_id joins it to the events of the strong
-- subsets.
with numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }})

select
    numbered_weak_clips.subset,
    main.clip_id(numbered_weak_clips.ytid, numbered_weak_clips.video_start_seconds) as clip_id,
    numbered_weak_clips.ytid,
    numbered_weak_clips.video_start_seconds,
    numbered_weak_clips.video_end_seconds,
    numbered_weak_clips.label_ids
from numbered_weak_clips
