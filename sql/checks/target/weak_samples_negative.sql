-- A weak negative sample whose strong labels contain the target.
with sample_clips as (select * from {{ ref('sample_clips') }}),

positive_events as (select * from {{ ref('positive_events') }})

select
    sample_clips.subset,
    sample_clips.clip_id
from sample_clips
semi join positive_events
    on sample_clips.clip_id = positive_events.clip_id
where sample_clips.role = 'weak_negative'
