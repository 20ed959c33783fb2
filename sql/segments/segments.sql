-- One window of an event that is positive or a strong negative, at most
-- {{ target.clip_length }} s long.
-- An event is cut from its start into full windows. What remains, if at least half a window long,
-- is a shorter window of its own; if less, the last window reaches back from the event's end,
-- so that no window is a sliver and every moment of the event is in one.
with event_windows as (select * from {{ ref('event_windows') }}),

windows as (
    select
        event_windows.*,
        event_windows.event_ms // event_windows.window_ms as full_windows,
        event_windows.event_ms % event_windows.window_ms as remainder_ms,
        unnest(range(event_windows.segments)) as segment_index
    from event_windows
),

placed as (
    select
        windows.*,
        windows.segment_index < windows.full_windows as is_full,
        cast(
            windows.start_seconds + windows.segment_index * windows.window_seconds
            as decimal(9, 3)
        ) as next_start_seconds,
        cast(windows.end_seconds - windows.window_seconds as decimal(9, 3)) as last_start_seconds
    from windows
)

select
    placed.role,
    placed.dataset,
    placed.source_row,
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
    placed.segment_index
from placed
