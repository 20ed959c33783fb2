-- One label of the clips that have both weak and strong labels, with the number of clips in which
-- both have it, and in which only one does, as in label_conflicts. A label confirms those above it.
-- Rank 1 is the label on which they disagree in most clips.
with compared_labels as (select * from {{ ref('compared_labels') }}),

labels as (select * from {{ ref('labels') }}),

clips as (
    select
        compared_labels.label_id,
        compared_labels.clip_id,
        max(compared_labels.kind) filter (where compared_labels.is_conflict) as conflict
    from compared_labels
    group by compared_labels.label_id, compared_labels.clip_id
),

counted as (
    select
        clips.label_id,
        count(*) as clip_count,
        count(*) filter (where clips.conflict is null) as both_clip_count,
        count(*) filter (where clips.conflict = 'strong_only') as strong_only_clip_count,
        count(*) filter (where clips.conflict = 'weak_only') as weak_only_clip_count
    from clips
    group by clips.label_id
)

select
    row_number() over (
        order by
            counted.strong_only_clip_count + counted.weak_only_clip_count desc,
            counted.label_id asc
    ) as rank,
    counted.label_id,
    labels.title,
    counted.clip_count,
    counted.both_clip_count,
    counted.strong_only_clip_count,
    counted.weak_only_clip_count,
    100 * (counted.strong_only_clip_count + counted.weak_only_clip_count) / counted.clip_count
        as conflict_percentage
from counted
inner join labels on counted.label_id = labels.label_id
