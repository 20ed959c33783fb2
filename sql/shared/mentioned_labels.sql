-- One MID that any of the source files mentions, with its column in the label mask, if it has one.
{{ config(schema='internal') }}
with mask_labels as (select * from {{ ref('mask_labels') }}),

strong_labels as (select * from {{ ref('strong_labels') }}),

weak_labels as (select * from {{ ref('weak_labels') }}),

ontology as (select * from {{ ref('ontology') }}),

framed_events as (select * from {{ ref('framed_events') }}),

mentioned as (
    select mask_labels.label_id
    from mask_labels
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
    cast(mask_labels.label_index as integer) as label_index
from mentioned
left join mask_labels on mentioned.label_id = mask_labels.label_id
