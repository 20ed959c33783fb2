-- What changes in a clip as the threshold falls to a value, by one criterion: how many more events
-- of the target are found, and how many more detections are correct.
{{ config(materialized='table', schema='scoring') }}
{% if unit == 'frame' %}
    with event_criterion_changes as (select * from {{ ref('event_criterion_changes') }})

    select * from event_criterion_changes
{% else %}
    with item_alarm_changes as (select * from {{ ref('item_alarm_changes') }})

    select * from item_alarm_changes
{% endif %}
