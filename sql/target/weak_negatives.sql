-- One clip of the weak subsets that has no positive and no ignored label.
-- Labels are compared as whole MIDs: /m/04zj is not /m/04zjc.
with target_labels as (select * from {{ ref('target_labels') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

targeted as (
    select list(target_labels.label_id) as label_ids
    from target_labels
)

select
    weak_clips.subset,
    weak_clips.clip_id,
    weak_clips.ytid,
    weak_clips.video_start_seconds,
    weak_clips.video_end_seconds,
    weak_clips.label_ids
from weak_clips
cross join targeted
where not main.carries_any(weak_clips.label_ids, targeted.label_ids)
