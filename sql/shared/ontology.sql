-- One class of the AudioSet ontology.
with ontology_classes as (select * from {{ ref('ontology_classes') }})

select
    ontology_classes.label_id,
    ontology_classes.display_name,
    ontology_classes.child_ids
from ontology_classes
