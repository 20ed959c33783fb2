-- One window of a positive or strong negative event, at most {{ target.window_seconds }} s long.
-- An event is cut into full windows from its start. If at least half a window remains at the end,
-- the rest is a shorter window of its own. If less remains, the last window ends with the event and
-- reaches back a full window. So every moment of the event is in a window, and no window is a
-- sliver.
with events as (select * from {{ ref('events') }}),

measured as (
    select
        events.*,
        main.milliseconds(events.start_seconds) as start_ms,
        main.milliseconds(events.end_seconds) as end_ms
    from events
),

windows as (
    select
        measured.*,
        unnest(range(
            main.window_count(measured.end_ms - measured.start_ms, {{ window_ms }})
        )) as window_index
    from measured
)

select
    windows.role,
    windows.subset,
    windows.event_id,
    windows.clip_id,
    main.seconds(main.window_start_ms(
        windows.start_ms, windows.end_ms, {{ window_ms }}, windows.window_index
    )) as start_seconds,
    main.seconds(main.window_end_ms(
        windows.start_ms, windows.end_ms, {{ window_ms }}, windows.window_index
    )) as end_seconds,
    windows.label_id,
    windows.is_overlapped,
    windows.window_index
from windows
