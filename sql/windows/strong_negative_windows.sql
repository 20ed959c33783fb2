-- One window of an event of a clip that holds neither the target sound nor an ignored one.
select
    windows.subset,
    windows.event_id,
    windows.clip_id,
    windows.start_seconds,
    windows.end_seconds,
    windows.label_id,
    windows.window_index
from {{ ref('windows') }} as windows
where windows.role = 'strong_negative'
