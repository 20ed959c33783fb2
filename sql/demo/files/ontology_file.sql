-- One class of ontology.json.
with children as (
    select
        unnest(parent_ids) as parent_id,
        label_id
    from demo_labels
),

listed as (
    select
        parent_id,
        list_sort(list(label_id)) as child_ids
    from children
    group by parent_id
)

select
    demo_labels.label_id as id,
    demo_labels.display_name as name,
    coalesce(listed.child_ids, []) as child_ids
from demo_labels
left join listed on demo_labels.label_id = listed.parent_id
order by demo_labels.label_id
