-- One MID that any of the source files mentions.
-- label_index numbers the labels that an event or a weak clip carries. It is the same for all
-- targets, and does not depend on which audio is available.
with strong_labels as (select * from {{ ref('strong_labels') }}),

weak_labels as (select * from {{ ref('weak_labels') }}),

ontology as (select * from {{ ref('ontology') }}),

present_events as (select * from {{ ref('present_events') }}),

framed_events as (select * from {{ ref('framed_events') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

carried as (
    select present_events.label_id
    from present_events
    union
    select unnest(weak_clips.label_ids) as label_id
    from weak_clips
),

numbered as (
    select
        carried.label_id,
        cast(row_number() over (order by carried.label_id) - 1 as integer) as label_index
    from carried
),

mentioned as (
    select carried.label_id
    from carried
    union
    select framed_events.label_id
    from framed_events
    union
    select strong_labels.label_id
    from strong_labels
    union
    select weak_labels.label_id
    from weak_labels
    union
    select ontology.label_id
    from ontology
    union
    select unnest(ontology.child_ids) as label_id
    from ontology
)

select
    mentioned.label_id,
    numbered.label_index
from mentioned
left join numbered on mentioned.label_id = numbered.label_id
