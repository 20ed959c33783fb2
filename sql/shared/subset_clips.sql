-- One clip of one of the five subsets whose audio can be extracted.
with strong_events as (select * from {{ ref('strong_events') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

clips as (
    select
        strong_events.subset,
        strong_events.clip_id,
        regexp_replace(strong_events.clip_id, '_[0-9]+$', '') as ytid,
        bool_or(strong_events.label_id = main.silence_label()) as is_silence
    from strong_events
    group by strong_events.subset, strong_events.clip_id
    union all
    select
        weak_clips.subset,
        weak_clips.clip_id,
        weak_clips.ytid,
        list_contains(weak_clips.label_ids, main.silence_label()) as is_silence
    from weak_clips
)

select
    clips.subset,
    clips.clip_id,
    clips.ytid,
    clips.is_silence
from clips
