-- One label of the target: positive, or ignored, which is neither positive nor negative.
-- A label that the user names takes precedence over one that is added as a descendant.
{{ config(materialized='table') }}
with label_descendants as (select * from {{ ref('label_descendants') }}),

labels as (select * from {{ ref('labels') }}),

named as (
    select
        unnest({{ literal(target.positive_label_ids) }}) as label_id,
        'positive' as role
    union all
    select
        unnest({{ literal(target.ignored_label_ids) }}) as label_id,
        'ignored' as role
),

descendants as (
    select distinct
        label_descendants.descendant_id as label_id,
        'positive' as role
    from label_descendants
    inner join named on label_descendants.label_id = named.label_id and named.role = 'positive'
    where {{ literal(target.descendants) }}
),

target_labels as (
    select
        named.label_id,
        named.role
    from named
    union all
    select
        descendants.label_id,
        descendants.role
    from descendants
    where descendants.label_id not in (select named.label_id from named)
)

select
    target_labels.label_id,
    coalesce(labels.display_name, target_labels.label_id) as display_name,
    target_labels.role
from target_labels
left join labels on target_labels.label_id = labels.label_id
order by target_labels.role desc, target_labels.label_id asc
