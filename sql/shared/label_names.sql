-- One name of one label: from the strong label file, the weak one, or the ontology.
-- A label may have several names, and a name may belong to several labels.
with strong_labels as (select * from {{ ref('strong_labels') }}),

weak_labels as (select * from {{ ref('weak_labels') }}),

ontology as (select * from {{ ref('ontology') }}),

names as (
    select
        strong_labels.label_id,
        strong_labels.display_name as name
    from strong_labels
    union
    select
        weak_labels.label_id,
        weak_labels.weak_display_name as name
    from weak_labels
    union
    select
        ontology.label_id,
        ontology.display_name as name
    from ontology
)

select
    names.label_id,
    names.name
from names
where names.name is not null
