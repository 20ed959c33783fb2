-- An event that the list of its clip in strong_clips lacks, has in excess, or has otherwise.
with present_events as (select * from {{ ref('present_events') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

labels as (select * from {{ ref('labels') }}),

listed as (
    select
        strong_clips.subset,
        strong_clips.clip_id,
        unnest(strong_clips.events) as event
    from strong_clips
),

expected as (
    select
        present_events.*,
        labels.label_index
    from present_events
    left join labels on present_events.label_id = labels.label_id
)

select
    coalesce(expected.subset, listed.subset) as subset,
    coalesce(expected.event_id, listed.event.event_id) as event_id,
    coalesce(expected.clip_id, listed.clip_id) as clip_id
from expected
full join listed
    on expected.subset = listed.subset and expected.event_id = listed.event.event_id
where
    expected.clip_id is distinct from listed.clip_id
    or main.milliseconds(expected.start_seconds) is distinct from listed.event.start_ms
    or main.milliseconds(expected.end_seconds) is distinct from listed.event.end_ms
    or expected.label_index is distinct from listed.event.label_index
