-- One event with a positive label of the target.
{{ config(materialized='table') }}
with events as (select * from {{ ref('events') }})

select
    events.subset,
    events.event_id,
    events.clip_id,
    events.start_seconds,
    events.end_seconds,
    events.label_id,
    events.is_overlapped
from events
where events.role = 'positive'
order by events.subset, events.event_id
