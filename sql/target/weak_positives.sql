-- One clip of the weak subsets that has a positive label and no ignored label.
with numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }})

select
    numbered_weak_clips.subset,
    main.clip_id(numbered_weak_clips.ytid, numbered_weak_clips.video_start_seconds) as clip_id,
    numbered_weak_clips.ytid,
    numbered_weak_clips.video_start_seconds,
    numbered_weak_clips.video_end_seconds,
    numbered_weak_clips.label_ids
from numbered_weak_clips
semi join excluded_clips
    on
        numbered_weak_clips.clip_number = excluded_clips.clip_number
        and excluded_clips.reason = 'positive_label'
