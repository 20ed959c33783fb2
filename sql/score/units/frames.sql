-- One frame of a clip that is evaluated, with its score after the median filter.
{{ config(schema='scoring') }}
{% if median_filter > 1 %}
    with smoothed_frames as (select * from {{ ref('smoothed_frames') }})

    select * from smoothed_frames
{% else %}
    with timed_frames as (select * from {{ ref('timed_frames') }})

    select * from timed_frames
{% endif %}
