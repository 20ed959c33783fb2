-- One window of a positive event whose audio is available and has at least half of the window.
{{ config(materialized='table') }}
with strong_windows as (select * from {{ ref('strong_windows') }}),

positive_events as (select * from {{ ref('positive_events') }})

select
    strong_windows.sample_id,
    strong_windows.clip_number,
    strong_windows.subset,
    strong_windows.event_id,
    strong_windows.window_index,
    strong_windows.start_ms,
    strong_windows.end_ms,
    strong_windows.label_index,
    positive_events.is_overlapped
from strong_windows
inner join positive_events
    on
        strong_windows.subset = positive_events.subset
        and strong_windows.event_id = positive_events.event_id
order by strong_windows.sample_id
