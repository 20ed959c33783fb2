-- One event of a clip that has, in this subset, no event with a positive or ignored label.
with events as (select * from {{ ref('events') }})

select
    events.subset,
    events.event_id,
    events.clip_id,
    events.start_seconds,
    events.end_seconds,
    events.label_id
from events
where events.role = 'strong_negative'
