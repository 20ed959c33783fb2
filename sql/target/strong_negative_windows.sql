-- One window of a strong negative event.
with windows as (select * from {{ ref('windows') }})

select
    windows.subset,
    windows.event_id,
    windows.clip_id,
    windows.start_seconds,
    windows.end_seconds,
    windows.label_id,
    windows.window_index
from windows
where windows.role = 'strong_negative'
