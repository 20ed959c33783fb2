-- One window of {{ window_ms }} ms of an event that is present, in a clip whose audio is available.
with event_windows as (select * from {{ ref('event_windows') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

windows as (
    select
        event_windows.*,
        unnest(range(event_windows.window_count)) as window_index
    from event_windows
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
    main.window_start_ms(
        windows.start_ms, windows.end_ms, {{ window_ms }}, windows.window_index
    ) as start_ms,
    main.window_end_ms(
        windows.start_ms, windows.end_ms, {{ window_ms }}, windows.window_index
    ) as end_ms,
    clip_audio.audio_path,
    clip_audio.byte_offset,
    clip_audio.byte_count
from windows
left join clip_audio on windows.clip_number = clip_audio.clip_number
where clip_audio.reason is null
