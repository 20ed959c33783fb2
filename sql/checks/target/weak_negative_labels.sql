-- A weak negative with a positive or ignored label.
with weak_negatives as (select * from {{ ref('weak_negatives') }}),

target_labels as (select * from {{ ref('target_labels') }}),

negative_labels as (
    select
        weak_negatives.subset,
        weak_negatives.clip_id,
        unnest(weak_negatives.label_ids) as label_id
    from weak_negatives
)

select
    negative_labels.subset,
    negative_labels.clip_id,
    negative_labels.label_id
from negative_labels
semi join target_labels
    on negative_labels.label_id = target_labels.label_id
