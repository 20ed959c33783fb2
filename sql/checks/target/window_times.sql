-- A window that is empty, longer than the window length of the target, or not within its event.
with positive_windows as (select * from {{ ref('positive_windows') }}),

strong_negative_windows as (select * from {{ ref('strong_negative_windows') }}),

positive_events as (select * from {{ ref('positive_events') }}),

strong_negative_events as (select * from {{ ref('strong_negative_events') }}),

windows as (
    select
        'positive' as role,
        * exclude (is_overlapped)
    from positive_windows
    union all by name
    select
        'strong_negative' as role,
        *
    from strong_negative_windows
),

events as (
    select
        'positive' as role,
        * exclude (is_overlapped)
    from positive_events
    union all by name
    select
        'strong_negative' as role,
        *
    from strong_negative_events
)

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
where
    windows.end_seconds <= windows.start_seconds
    or windows.end_seconds - windows.start_seconds > {{ target.window_seconds }}
    or not exists (
        select 1
        from events
        where
            events.role = windows.role
            and events.subset = windows.subset
            and events.event_id = windows.event_id
            and events.clip_id = windows.clip_id
            and events.label_id = windows.label_id
            and events.start_seconds <= windows.start_seconds
            and events.end_seconds >= windows.end_seconds
    )
