-- A clip with a positive and no ignored label that is not a weak positive, or a weak positive that
-- is not such a clip.
with weak_clips as (select * from {{ ref('weak_clips') }}),

weak_positives as (select * from {{ ref('weak_positives') }}),

target_labels as (select * from {{ ref('target_labels') }}),

targeted as (
    select
        coalesce(list(target_labels.label_id) filter (where target_labels.role = 'positive'), [])
            as positive_ids,
        coalesce(list(target_labels.label_id) filter (where target_labels.role = 'ignored'), [])
            as ignored_ids
    from target_labels
),

expected as (
    select
        weak_clips.subset,
        weak_clips.clip_id
    from weak_clips
    cross join targeted
    where
        main.carries_any(weak_clips.label_ids, targeted.positive_ids)
        and not main.carries_any(weak_clips.label_ids, targeted.ignored_ids)
)

select
    coalesce(expected.subset, weak_positives.subset) as subset,
    coalesce(expected.clip_id, weak_positives.clip_id) as clip_id
from expected
full join weak_positives
    on expected.subset = weak_positives.subset and expected.clip_id = weak_positives.clip_id
where expected.clip_id is null or weak_positives.clip_id is null
