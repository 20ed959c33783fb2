-- One positive event, as a line of a label track of Audacity, with the clip that the track is of.
with positive_events as (select * from {{ ref('positive_events') }}),

labels as (select * from {{ ref('labels') }})

select
    positive_events.subset,
    positive_events.clip_id,
    positive_events.start_seconds,
    positive_events.end_seconds,
    -- A line has no place for a tab or a line break.
    regexp_replace(labels.display_name, '\s+', ' ', 'g') as title
from positive_events
inner join labels on positive_events.label_id = labels.label_id
order by
    positive_events.subset,
    positive_events.clip_id,
    positive_events.start_seconds,
    positive_events.event_id
