-- One window of a positive event whose audio is available.
{{ config(materialized='table') }}
with event_windows as (select * from {{ ref('event_windows') }}),

positive_events as (select * from {{ ref('positive_events') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

windows as (
    select
        event_windows.*,
        positive_events.is_overlapped,
        unnest(range(event_windows.window_count)) as window_index
    from event_windows
    inner join positive_events
        on
            event_windows.subset = positive_events.subset
            and event_windows.event_id = positive_events.event_id
)

select
    cast(windows.first_sample_id + windows.window_index as integer) as sample_id,
    windows.clip_number,
    windows.subset,
    windows.event_id,
    windows.window_index,
    main.window_start_ms(
        windows.start_ms, windows.end_ms, {{ window_ms }}, windows.window_index
    ) as start_ms,
    main.window_end_ms(
        windows.start_ms, windows.end_ms, {{ window_ms }}, windows.window_index
    ) as end_ms,
    windows.label_index,
    windows.is_overlapped
from windows
left join clip_audio on windows.clip_number = clip_audio.clip_number
where clip_audio.reason is null
order by sample_id
