-- One label under the one name that it is shown by: the strong label file's, else the weak one's,
-- else the ontology's. Its title tells it from another label of that name.
{{ materialized('table') }}
with named as (
    select distinct label_names.label_id
    from {{ ref('label_names') }} as label_names
),

shown as (
    select
        named.label_id,
        coalesce(min(labels.display_name), min(ontology.display_name)) as display_name
    from named
    left join {{ ref('labels') }} as labels on named.label_id = labels.label_id
    left join {{ ref('ontology') }} as ontology on named.label_id = ontology.label_id
    group by named.label_id
)

select
    shown.label_id,
    shown.display_name,
    case
        when count(*) over (partition by shown.display_name) = 1 then shown.display_name
        else shown.display_name || ' ' || shown.label_id
    end as title
from shown
order by shown.label_id
