-- A clip of the weak subsets that has a label twice.
with weak_clips as (select * from {{ ref('weak_clips') }})

select
    weak_clips.subset,
    weak_clips.clip_id,
    weak_clips.label_ids
from weak_clips
where len(weak_clips.label_ids) <> list_unique(weak_clips.label_ids)
