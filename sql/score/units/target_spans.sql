-- One span of a scored clip in which the target is active: events that overlap or touch, joined, or
-- for detectors that score no frames a run of positives.
{{ config(materialized='table', schema='scoring') }}
{% if unit == 'frame' %}
    with scored_clips as (select * from {{ ref('scored_clips') }}),

    event_spans as (select * from {{ ref('event_spans') }}),

    spans as (
        select event_spans.*
        from event_spans
        semi join scored_clips on event_spans.clip_number = scored_clips.clip_number
    )
{% else %}
    with positive_runs as (select * from {{ ref('positive_runs') }}),

    spans as (select * from positive_runs)
{% endif %}

select
    cast(row_number() over (order by spans.clip_number, spans.start_us) as integer) as span_number,
    spans.clip_number,
    spans.start_us,
    spans.end_us
from spans
