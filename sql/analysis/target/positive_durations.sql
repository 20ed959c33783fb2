-- One positive event, or one window of a positive event, with its duration.
with positive_events as (select * from {{ ref('positive_events') }}),

positive_windows as (select * from {{ ref('positive_windows') }})

select
    'event' as unit,
    positive_events.subset,
    positive_events.end_seconds - positive_events.start_seconds as duration_seconds
from positive_events
union all
select
    'window' as unit,
    positive_windows.subset,
    positive_windows.end_seconds - positive_windows.start_seconds as duration_seconds
from positive_windows
