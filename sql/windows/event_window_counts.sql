-- One positive or strong negative event, with the number of its windows. An event without duration
-- has none.
with events as (select * from {{ ref('events') }})

select
    events.*,
    cast({{ target.window_seconds }} as decimal(9, 3)) as window_seconds,
    -- Whole milliseconds, so that no window is won or lost to rounding.
    cast(window_seconds * 1000 as integer) as window_ms,
    greatest(0, cast((events.end_seconds - events.start_seconds) * 1000 as integer)) as event_ms,
    (event_ms + window_ms - 1) // window_ms as window_count
from events
