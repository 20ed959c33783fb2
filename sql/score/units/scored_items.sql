-- One frame, sample, clip or frame of the framed subset that the detector scores, whichever is the
-- smallest, with its score and whether the target is active at any moment of it.
{{ config(materialized='table', schema='scoring') }}
{% if unit == 'frame' %}
    with frame_items as (select * from {{ ref('frame_items') }})

    select * from frame_items
{% elif unit == 'framed' %}
    with framed_items as (select * from {{ ref('framed_items') }})

    select * from framed_items
{% elif unit == 'sample' %}
    with sample_items as (select * from {{ ref('sample_items') }})

    select * from sample_items
{% else %}
    with clip_items as (select * from {{ ref('clip_items') }})

    select * from clip_items
{% endif %}
