-- A YouTube id that the weak sets list more than once, within one set or in several. AudioSet
-- takes one clip of a video.
select
    weak_clips.ytid,
    count(*) as clip_count,
    list(weak_clips.dataset order by weak_clips.dataset, weak_clips.clip_id) as datasets,
    list(weak_clips.clip_id order by weak_clips.dataset, weak_clips.clip_id) as clip_ids
from {{ ref('weak_clips') }} as weak_clips
group by weak_clips.ytid
having count(*) > 1
