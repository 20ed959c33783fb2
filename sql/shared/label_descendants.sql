-- One pair of an ontology class and a class below it, at any depth.
-- A class may have several parents, so a class may be reached in several ways. Each pair is listed
-- once.
{{ config(materialized='table') }}
with recursive ontology as (select * from {{ ref('ontology') }}),

children as (
    select
        ontology.label_id,
        unnest(ontology.child_ids) as descendant_id
    from ontology
),

descendants as (
    select
        children.label_id,
        children.descendant_id
    from children
    union
    select
        descendants.label_id,
        children.descendant_id
    from descendants
    inner join children on descendants.descendant_id = children.label_id
)

select
    descendants.label_id,
    descendants.descendant_id
from descendants
order by descendants.label_id, descendants.descendant_id
