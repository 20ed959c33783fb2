-- One label and one that it confirms: itself, or a label above it in the ontology.
{{ config(schema='internal') }}
with labels as (select * from {{ ref('labels') }}),

label_descendants as (select * from {{ ref('label_descendants') }})

select
    labels.label_id,
    labels.label_id as implied_id
from labels
union all
select
    label_descendants.descendant_id as label_id,
    label_descendants.label_id as implied_id
from label_descendants
