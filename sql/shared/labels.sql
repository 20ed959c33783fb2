-- One label of either label file.
-- The files share 382 MIDs, 12 of them under different names: they are joined on the MID, and
-- display_name is the strong file's where there is one.
{{ materialized('table') }}
with strong_labels as (select * from {{ ref('strong_labels') }}),

weak_labels as (select * from {{ ref('weak_labels') }})

select
    coalesce(strong_labels.label_id, weak_labels.label_id) as label_id,
    coalesce(strong_labels.display_name, weak_labels.weak_display_name) as display_name,
    weak_labels.weak_index,
    weak_labels.weak_display_name,
    strong_labels.label_id is not null as is_strong,
    weak_labels.label_id is not null as is_weak
from strong_labels
full join weak_labels on strong_labels.label_id = weak_labels.label_id
order by label_id
