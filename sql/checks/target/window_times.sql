-- A window that is empty, longer than the window length of the target, or not within its event.
with windows as (select * from {{ ref('windows') }}),

events as (select * from {{ ref('events') }})

select
    windows.role,
    windows.subset,
    windows.event_id,
    windows.clip_id,
    windows.start_seconds,
    windows.end_seconds,
    windows.label_id,
    windows.window_index
from windows
left join events
    on
        windows.role = events.role
        and windows.subset = events.subset
        and windows.event_id = events.event_id
where
    windows.end_seconds <= windows.start_seconds
    or windows.end_seconds - windows.start_seconds > {{ target.window_seconds }}
    or events.event_id is null
    or windows.clip_id <> events.clip_id
    or windows.label_id <> events.label_id
    or windows.start_seconds < events.start_seconds
    or windows.end_seconds > events.end_seconds
