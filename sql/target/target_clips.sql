-- One clip of a strong subset that is not a negative of the target: it has, in this subset, an
-- event with a positive or ignored label, or a listener marked a label of the clip as incorrect, in
-- whatever subset: its audio is the same in all of them.
with present_events as (select * from {{ ref('present_events') }}),

target_labels as (select * from {{ ref('target_labels') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

corrections as (select * from {{ ref('corrections') }})

select
    present_events.subset,
    present_events.clip_id
from present_events
semi join target_labels on present_events.label_id = target_labels.label_id
union
select
    strong_clips.subset,
    strong_clips.clip_id
from strong_clips
semi join corrections
    on strong_clips.clip_id = corrections.clip_id and corrections.verdict = 'incorrect'
