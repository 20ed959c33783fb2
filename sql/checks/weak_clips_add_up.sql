-- A weak data set of which some clip is neither a negative nor carries a label of the target.
with target_labels as (select * from {{ ref('target_labels') }}),

target_clips as (
    select
        weak_clips.dataset,
        count(*) as clips
    from {{ ref('weak_clips') }} as weak_clips
    where
        exists (
            select 1
            from target_labels
            where list_contains(weak_clips.label_ids, target_labels.label_id)
        )
    group by weak_clips.dataset
),

all_clips as (
    select
        weak_clips.dataset,
        count(*) as clips
    from {{ ref('weak_clips') }} as weak_clips
    group by weak_clips.dataset
),

negatives as (
    select
        weak_negatives.dataset,
        count(*) as clips
    from {{ ref('weak_negatives') }} as weak_negatives
    group by weak_negatives.dataset
)

select
    all_clips.dataset,
    all_clips.clips,
    coalesce(target_clips.clips, 0) as clips_with_target_labels,
    coalesce(negatives.clips, 0) as weak_negatives
from all_clips
left join target_clips on all_clips.dataset = target_clips.dataset
left join negatives on all_clips.dataset = negatives.dataset
where all_clips.clips <> coalesce(target_clips.clips, 0) + coalesce(negatives.clips, 0)
