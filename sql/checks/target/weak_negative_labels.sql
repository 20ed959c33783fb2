-- A weak negative with a positive or ignored label.
with weak_negatives as (select * from {{ ref('weak_negatives') }}),

target_labels as (select * from {{ ref('target_labels') }}),

targeted as (
    select list(target_labels.label_id) as label_ids
    from target_labels
)

select
    weak_negatives.subset,
    weak_negatives.clip_id,
    weak_negatives.label_ids
from weak_negatives
cross join targeted
where main.carries_any(weak_negatives.label_ids, targeted.label_ids)
