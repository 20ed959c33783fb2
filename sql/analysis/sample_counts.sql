-- One role in one data set: how many clips and samples it gives, or how many a filter removed.
{{ materialized('table') }}
with sample_clips as (select * from {{ ref('sample_clips') }}),

weak_negatives as (select * from {{ ref('weak_negatives') }}),

kept as (
    select
        sample_clips.role,
        sample_clips.dataset,
        'audio ' || sample_clips.missing_audio as removed_by,
        count(*) as clips,
        cast(sum(sample_clips.samples) as bigint) as samples
    from sample_clips
    group by all
),

strong_positives as (
    select
        'weak_negative' as role,
        weak_negatives.dataset,
        'strong positive' as removed_by,
        count(*) as clips,
        count(*) as samples
    from weak_negatives
    where
        weak_negatives.clip_id in (
            select positive_events.clip_id from {{ ref('positive_events') }} as positive_events
        )
    group by all
),

-- What is neither kept nor removed for another reason.
trimmed as (
    select
        'weak_negative' as role,
        'unbalanced_train' as dataset,
        'head trimming' as removed_by,
        (select count(*) from weak_negatives where weak_negatives.dataset = 'unbalanced_train')
        - cast(coalesce(sum(removed.clips), 0) as bigint) as clips
    from (
        select * from kept
        union all
        select * from strong_positives
    ) as removed
    where removed.role = 'weak_negative' and removed.dataset = 'unbalanced_train'
)

select
    case when counts.dataset in ('eval', 'eval_framed') then 'eval' else 'train' end as split,
    counts.role,
    counts.dataset,
    counts.removed_by,
    counts.clips,
    counts.samples
from (
    select * from kept
    union all
    select * from strong_positives
    union all
    select
        trimmed.*,
        trimmed.clips as samples
    from trimmed
    where trimmed.clips > 0
) as counts
order by split desc, counts.role asc, counts.dataset asc, counts.removed_by asc nulls first
