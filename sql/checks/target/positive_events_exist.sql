-- A positive event that is not an event of its subset.
with positive_events as (select * from {{ ref('positive_events') }}),

present_events as (select * from {{ ref('present_events') }})

select
    positive_events.subset,
    positive_events.event_id,
    positive_events.clip_id,
    positive_events.start_seconds,
    positive_events.end_seconds,
    positive_events.label_id
from positive_events
anti join present_events
    on
        positive_events.subset = present_events.subset
        and positive_events.event_id = present_events.event_id
        and positive_events.clip_id = present_events.clip_id
        and positive_events.start_seconds = present_events.start_seconds
        and positive_events.end_seconds = present_events.end_seconds
        and positive_events.label_id = present_events.label_id
