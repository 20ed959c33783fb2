-- One event of a clip whose audio is available, but ends before half of a window of the event, with
-- the number of such windows. They are no samples.
{{ config(materialized='table') }}
with event_windows as (select * from {{ ref('event_windows') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

late as (
    select
        event_windows.clip_number,
        event_windows.event_id,
        event_windows.start_ms,
        event_windows.end_ms,
        clip_audio.audio_seconds,
        unnest(range(event_windows.window_count)) as window_index
    from event_windows
    inner join clip_audio on event_windows.clip_number = clip_audio.clip_number
    where main.milliseconds(clip_audio.audio_seconds) < event_windows.end_ms
)

select
    late.clip_number,
    late.event_id,
    cast(count(*) as integer) as window_count
from late
where
    not main.is_within(
        main.window_start_ms(late.start_ms, late.end_ms, {{ window_ms }}, late.window_index),
        main.window_end_ms(late.start_ms, late.end_ms, {{ window_ms }}, late.window_index),
        late.audio_seconds
    )
group by late.clip_number, late.event_id
order by late.clip_number, late.event_id
