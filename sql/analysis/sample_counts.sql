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
    semi join {{ ref('positive_events') }} as positive_events
        on weak_negatives.clip_id = positive_events.clip_id
    group by all
),

accounted as (
    select * from kept
    union all
    select * from strong_positives
),

unbalanced as (
    select count(*) as clips
    from weak_negatives
    where weak_negatives.dataset = 'unbalanced_train'
),

-- What is neither kept nor removed for another reason.
trimmed as (
    select unbalanced.clips - cast(coalesce(sum(accounted.clips), 0) as bigint) as clips
    from unbalanced
    left join accounted
        on accounted.role = 'weak_negative' and accounted.dataset = 'unbalanced_train'
    group by unbalanced.clips
),

counts as (
    select * from accounted
    union all
    select
        'weak_negative' as role,
        'unbalanced_train' as dataset,
        'head trimming' as removed_by,
        trimmed.clips,
        trimmed.clips as samples
    from trimmed
    where trimmed.clips > 0
)

select
    case when counts.dataset in ('eval', 'eval_framed') then 'eval' else 'train' end as split,
    counts.role,
    counts.dataset,
    counts.removed_by,
    counts.clips,
    counts.samples
from counts
order by split desc, counts.role asc, counts.dataset asc, counts.removed_by asc nulls first
