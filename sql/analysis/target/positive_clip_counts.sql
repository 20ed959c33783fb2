-- One weak subset, with how many of its clips carry a positive label of the target.
with weak_clips as (select * from {{ ref('weak_clips') }}),

target_labels as (select * from {{ ref('target_labels') }}),

positive_labels as (
    select list(label_id) as label_ids
    from target_labels
    where role = 'positive'
)

select
    weak_clips.subset,
    count(*) as clip_count
from weak_clips
cross join positive_labels
where main.carries_any(weak_clips.label_ids, positive_labels.label_ids)
group by weak_clips.subset
order by main.subset_place(weak_clips.subset)
