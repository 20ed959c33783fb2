-- One event of the target, or one window of such an event, by how long it is.
select
    'event' as unit,
    positive_events.dataset,
    positive_events.end_seconds - positive_events.start_seconds as duration_seconds
from {{ ref('positive_events') }} as positive_events
union all
select
    'window' as unit,
    positive_segments.dataset,
    positive_segments.end_seconds - positive_segments.start_seconds as duration_seconds
from {{ ref('positive_segments') }} as positive_segments
