-- One window of a positive or strong negative event, at most {{ target.window_seconds }} s long.
-- An event is cut into full windows from its start. If at least half a window remains at the end,
-- the rest is a shorter window of its own. If less remains, the last window ends with the event and
-- reaches back a full window. So every moment of the event is in a window, and no window is a
-- sliver.
with event_window_counts as (select * from {{ ref('event_window_counts') }}),

windows as (
    select
        event_window_counts.*,
        event_window_counts.event_ms // event_window_counts.window_ms as full_windows,
        event_window_counts.event_ms % event_window_counts.window_ms as remainder_ms,
        unnest(range(event_window_counts.window_count)) as window_index
    from event_window_counts
),

placed as (
    select
        windows.*,
        windows.window_index < windows.full_windows as is_full,
        cast(
            windows.start_seconds + windows.window_index * windows.window_seconds
            as decimal(9, 3)
        ) as next_start_seconds,
        cast(windows.end_seconds - windows.window_seconds as decimal(9, 3)) as last_start_seconds
    from windows
)

select
    placed.role,
    placed.subset,
    placed.event_id,
    placed.clip_id,
    case
        when placed.is_full or 2 * placed.remainder_ms >= placed.window_ms
            then placed.next_start_seconds
        else greatest(placed.start_seconds, placed.last_start_seconds)
    end as start_seconds,
    case
        when placed.is_full
            then cast(placed.next_start_seconds + placed.window_seconds as decimal(9, 3))
        else placed.end_seconds
    end as end_seconds,
    placed.label_id,
    placed.is_overlapped,
    placed.window_index
from placed
