-- One name of one label: from the strong label file, the weak one, or the ontology.
-- A label may have two names, and a name may stand for two labels.
with names as (
    select
        labels.label_id,
        labels.display_name as name
    from {{ ref('labels') }} as labels
    union
    select
        labels.label_id,
        labels.weak_display_name
    from {{ ref('labels') }} as labels
    union
    select
        ontology.label_id,
        ontology.display_name
    from {{ ref('ontology') }} as ontology
)

select
    names.label_id,
    names.name
from names
where names.name is not null
