-- One window of a positive event.
with windows as (select * from {{ ref('windows') }})

select
    windows.subset,
    windows.event_id,
    windows.clip_id,
    windows.start_seconds,
    windows.end_seconds,
    windows.label_id,
    windows.is_overlapped,
    windows.window_index
from windows
where windows.role = 'positive'
