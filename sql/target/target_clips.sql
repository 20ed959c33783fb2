-- One clip of a strong subset that has, in this subset, an event with a positive or ignored label.
with present_events as (select * from {{ ref('present_events') }}),

target_labels as (select * from {{ ref('target_labels') }})

select distinct
    present_events.subset,
    present_events.clip_id
from present_events
semi join target_labels on present_events.label_id = target_labels.label_id
