-- One event of a strong subset, with the name of its label.
-- In the framed subset only frames in which the label is present are events.
with present_events as (select * from {{ ref('present_events') }}),

labels as (select * from {{ ref('labels') }})

select
    present_events.subset,
    present_events.event_id,
    present_events.clip_id,
    labels.title,
    present_events.label_id,
    present_events.start_seconds,
    present_events.end_seconds
from present_events
inner join labels on present_events.label_id = labels.label_id
