-- A positive event without a positive label of the target.
with target_labels as (select * from {{ ref('target_labels') }}),

positive_events as (select * from {{ ref('positive_events') }})

select
    positive_events.subset,
    positive_events.event_id,
    positive_events.clip_id,
    positive_events.start_seconds,
    positive_events.end_seconds,
    positive_events.label_id
from positive_events
anti join target_labels
    on positive_events.label_id = target_labels.label_id and target_labels.role = 'positive'
