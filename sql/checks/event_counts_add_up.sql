-- A data set in which the events of the target, of clips set aside by ignored labels, and the
-- negatives do not add up to the events that are there.
with target_labels as (select * from {{ ref('target_labels') }}),

present_events as (select * from {{ ref('present_events') }}),

target_clips as (
    select distinct
        present_events.dataset,
        present_events.clip_id
    from present_events
    semi join target_labels on present_events.label_id = target_labels.label_id
),

outside as (
    select
        present_events.dataset,
        count(*) as event_count
    from present_events
    anti join target_clips
        on
            present_events.dataset = target_clips.dataset
            and present_events.clip_id = target_clips.clip_id
    group by present_events.dataset
),

negatives as (
    select
        strong_negative_events.dataset,
        count(*) as event_count
    from {{ ref('strong_negative_events') }} as strong_negative_events
    group by strong_negative_events.dataset
)

select
    coalesce(outside.dataset, negatives.dataset) as dataset,
    coalesce(outside.event_count, 0) as expected_events,
    coalesce(negatives.event_count, 0) as strong_negative_events
from outside
full join negatives on outside.dataset = negatives.dataset
where coalesce(outside.event_count, 0) <> coalesce(negatives.event_count, 0)
