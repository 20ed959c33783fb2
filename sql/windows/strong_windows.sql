-- One window of {{ window_ms }} ms of an event that is present, in a clip whose audio is available
-- and has at least half of the window.
with event_windows as (select * from {{ ref('event_windows') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

cut as (
    select
        event_windows.*,
        unnest(range(event_windows.window_count)) as window_index
    from event_windows
),

windows as (
    select
        cut.* replace (
            main.window_start_ms(
                cut.start_ms, cut.end_ms, {{ window_ms }}, cut.window_index
            ) as start_ms,
            main.window_end_ms(
                cut.start_ms, cut.end_ms, {{ window_ms }}, cut.window_index
            ) as end_ms
        )
    from cut
)

select
    cast(windows.first_sample_id + windows.window_index as integer) as sample_id,
    windows.clip_number,
    windows.subset,
    windows.clip_id,
    windows.events,
    windows.event_id,
    windows.label_index,
    windows.window_index,
    windows.start_ms,
    windows.end_ms,
    clip_audio.audio_path,
    clip_audio.byte_offset,
    clip_audio.byte_count
from windows
left join clip_audio on windows.clip_number = clip_audio.clip_number
where
    clip_audio.reason is null
    and main.is_within(windows.start_ms, windows.end_ms, clip_audio.audio_seconds)
