-- An event that does not lie in its clip: it starts before 0 s, ends before it starts, or ends
-- after 10 s by more than the rounding of a video's last frame.
with events as (
    select * from {{ ref('strong_events') }}
    union all by name
    select * exclude (is_present) from {{ ref('framed_events') }}
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
