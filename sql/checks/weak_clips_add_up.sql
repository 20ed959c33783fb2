-- A weak data set of which some clip is neither a negative nor carries a label of the target.
with target_labels as (select * from {{ ref('target_labels') }}),

clip_labels as (
    select
        weak_clips.dataset,
        weak_clips.clip_id,
        unnest(weak_clips.label_ids) as label_id
    from {{ ref('weak_clips') }} as weak_clips
),

target_clips as (
    select
        clip_labels.dataset,
        count(distinct clip_labels.clip_id) as clips
    from clip_labels
    semi join target_labels on clip_labels.label_id = target_labels.label_id
    group by clip_labels.dataset
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
