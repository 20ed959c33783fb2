-- One class of ontology.json.
{{ config(materialized='table') }}
select
    id as label_id,
    name as display_name,
    child_ids
from {{ source('ontology.json') }}
