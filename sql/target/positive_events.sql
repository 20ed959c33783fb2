-- One event with a positive label of the target.
{{ config(materialized='table') }}
select
    events.subset,
    events.event_id,
    events.clip_id,
    events.start_seconds,
    events.end_seconds,
    events.label_id,
    events.is_overlapped
from {{ ref('events') }} as events
where events.role = 'positive'
order by events.subset, events.event_id
