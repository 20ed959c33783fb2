-- A weak negative with a positive or ignored label.
with negative_labels as (
    select
        weak_negatives.subset,
        weak_negatives.clip_id,
        unnest(weak_negatives.label_ids) as label_id
    from {{ ref('weak_negatives') }} as weak_negatives
)

select
    negative_labels.subset,
    negative_labels.clip_id,
    negative_labels.label_id
from negative_labels
semi join {{ ref('target_labels') }} as target_labels
    on negative_labels.label_id = target_labels.label_id
