-- A weak negative sample whose strong labels contain the target.
select
    sample_clips.subset,
    sample_clips.clip_id
from {{ ref('sample_clips') }} as sample_clips
semi join {{ ref('positive_events') }} as positive_events
    on sample_clips.clip_id = positive_events.clip_id
where sample_clips.role = 'weak_negative'
