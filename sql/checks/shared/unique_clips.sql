-- A clip whose video is listed more than once in the weak subsets. AudioSet takes one clip of a
-- video.
with weak_clips as (select * from {{ ref('weak_clips') }}),

repeated as (
    select weak_clips.ytid
    from weak_clips
    group by weak_clips.ytid
    having count(*) > 1
)

select
    weak_clips.ytid,
    weak_clips.subset,
    weak_clips.clip_id
from weak_clips
semi join repeated on weak_clips.ytid = repeated.ytid
order by weak_clips.ytid, weak_clips.subset, weak_clips.clip_id
