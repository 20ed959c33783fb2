-- One weak negative clip that becomes a sample if its audio is available.
-- A clip whose strong labels contain the target is not a negative.
-- Of the clips of weak_unbalanced_train with a head label, such as Speech, only a share is kept,
-- chosen by a hash of their ids. A clip with a rare label is always kept.
with weak_negatives as (select * from {{ ref('weak_negatives') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

positive_events as (select * from {{ ref('positive_events') }}),

label_counts as (
    select
        labels.label_id,
        count(*) as clips
    from (
        select unnest(weak_clips.label_ids) as label_id
        from weak_clips
        where weak_clips.subset = 'weak_unbalanced_train'
    ) as labels
    group by labels.label_id
),

rare as (
    select list(label_counts.label_id) as label_ids
    from label_counts
    where label_counts.clips < {{ samples.completion_rare_cutoff }}
),

positive_clips as (
    select distinct positive_events.clip_id
    from positive_events
)

select weak_negatives.*
from weak_negatives
cross join rare
anti join positive_clips on weak_negatives.clip_id = positive_clips.clip_id
where
    weak_negatives.subset <> 'weak_unbalanced_train'
    or not main.carries_any(
        weak_negatives.label_ids, {{ literal(samples.head_labels) }}
    )
    or main.carries_any(weak_negatives.label_ids, rare.label_ids)
    or main.uniform({{ samples.seed }}, 'head', weak_negatives.clip_id)
    < {{ samples.head_keep_frac }}
