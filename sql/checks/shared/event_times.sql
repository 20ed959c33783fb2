-- An event that is not within its clip: it starts before 0 s, ends before it starts, or ends more
-- than 0.1 s after 10 s, which allows for the rounding of a last video frame.
with strong_events as (select * from {{ ref('strong_events') }}),

framed_events as (select * from {{ ref('framed_events') }}),

events as (
    select * from strong_events
    union all by name
    select * exclude (is_present) from framed_events
)

select
    events.subset,
    events.event_id,
    events.clip_id,
    events.start_seconds,
    events.end_seconds,
    events.label_id
from events
where
    events.start_seconds < 0
    or events.end_seconds < events.start_seconds
    or events.end_seconds > 10.1
