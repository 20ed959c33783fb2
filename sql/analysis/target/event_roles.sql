-- One labelled event of a strong subset, with the title of its label and its role for the target.
-- Every event of a clip is listed, so that a timeline also shows what overlaps the target: an event
-- that is neither positive nor a strong negative has the role 'other'.
with event_titles as (select * from {{ ref('event_titles') }}),

events as (select * from {{ ref('events') }})

select
    event_titles.subset,
    event_titles.event_id,
    event_titles.clip_id,
    event_titles.title,
    event_titles.label_id,
    coalesce(events.role, 'other') as role,
    event_titles.start_seconds,
    event_titles.end_seconds
from event_titles
left join events
    on
        event_titles.subset = events.subset
        and event_titles.clip_id = events.clip_id
        and event_titles.event_id = events.event_id
