-- A weak subset with a clip that is neither a weak negative, nor has a label of the target, nor was
-- corrected.
with target_labels as (select * from {{ ref('target_labels') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

weak_negatives as (select * from {{ ref('weak_negatives') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

targeted as (
    select list(target_labels.label_id) as label_ids
    from target_labels
),

target_clips as (
    select
        weak_clips.subset,
        count(*) as clip_count
    from weak_clips
    cross join targeted
    where main.carries_any(weak_clips.label_ids, targeted.label_ids)
    group by weak_clips.subset
),

all_clips as (
    select
        weak_clips.subset,
        count(*) as clip_count
    from weak_clips
    group by weak_clips.subset
),

corrected as (
    select
        numbered_weak_clips.subset,
        count(*) as clip_count
    from excluded_clips
    inner join numbered_weak_clips
        on excluded_clips.clip_number = numbered_weak_clips.clip_number
    where excluded_clips.reason = 'corrected'
    group by numbered_weak_clips.subset
),

negatives as (
    select
        weak_negatives.subset,
        count(*) as clip_count
    from weak_negatives
    group by weak_negatives.subset
)

select
    all_clips.subset,
    all_clips.clip_count,
    coalesce(target_clips.clip_count, 0) as target_clip_count,
    coalesce(corrected.clip_count, 0) as corrected_clip_count,
    coalesce(negatives.clip_count, 0) as weak_negative_count
from all_clips
left join target_clips on all_clips.subset = target_clips.subset
left join corrected on all_clips.subset = corrected.subset
left join negatives on all_clips.subset = negatives.subset
where
    all_clips.clip_count
    <> coalesce(target_clips.clip_count, 0)
    + coalesce(corrected.clip_count, 0)
    + coalesce(negatives.clip_count, 0)
