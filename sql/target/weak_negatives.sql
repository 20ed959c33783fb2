-- One clip of the weak sets that carries neither a positive nor an ignored label.
-- Labels are compared as whole MIDs: /m/04zj is not /m/04zjc.
select
    weak_clips.dataset,
    weak_clips.clip_id,
    weak_clips.ytid,
    weak_clips.video_start_seconds,
    weak_clips.video_end_seconds,
    weak_clips.label_ids
from {{ ref('weak_clips') }} as weak_clips
where not list_has_any(
    weak_clips.label_ids,
    (select list(target_labels.label_id) from {{ ref('target_labels') }} as target_labels)
)
