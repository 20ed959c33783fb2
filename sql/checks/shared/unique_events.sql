-- An event that a strong subset lists more than once.
with strong_events as (select * from {{ ref('strong_events') }}),

framed_events as (select * from {{ ref('framed_events') }}),

events as (
    select * from strong_events
    union all by name
    select * exclude (is_present) from framed_events
)

select
    events.subset,
    events.clip_id,
    events.start_seconds,
    events.end_seconds,
    events.label_id,
    count(*) as event_count
from events
group by
    events.subset, events.clip_id, events.start_seconds, events.end_seconds, events.label_id
having count(*) > 1
