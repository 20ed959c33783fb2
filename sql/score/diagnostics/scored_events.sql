-- One event of the target in a scored clip (of samples: one positive window; of clips: one positive
-- clip), with the highest score that reaches into it.
{{ config(materialized='table', schema='scoring') }}
{% if unit == 'sample' %}
    with sample_events as (select * from {{ ref('sample_events') }}),

    events as (select * from sample_events)
{% elif unit == 'clip' %}
    with clip_events as (select * from {{ ref('clip_events') }}),

    events as (select * from clip_events)
{% else %}
    with frame_events as (select * from {{ ref('frame_events') }}),

    events as (select * from frame_events)
{% endif %}

select
    cast(row_number() over (
        order by events.clip_number, events.start_us, events.end_us, events.label_id
    ) as integer) as event_number,
    events.*
from events
