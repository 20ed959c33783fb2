-- One class of ontology.json.
{{ materialized('table') }}
select
    id as label_id,
    name as display_name,
    child_ids
from {{ source('ontology.json') }}
