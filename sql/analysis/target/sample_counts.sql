-- One role in one subset, with the number of clips and samples that are kept, or that are excluded
-- for one reason.
{{ config(materialized='table') }}
with sample_clips as (select * from {{ ref('sample_clips') }}),

weak_negatives as (select * from {{ ref('weak_negatives') }}),

positive_events as (select * from {{ ref('positive_events') }}),

kept as (
    select
        sample_clips.role,
        sample_clips.subset,
        'audio_' || sample_clips.missing_audio as reason,
        count(*) as clip_count,
        cast(sum(sample_clips.sample_count) as bigint) as sample_count
    from sample_clips
    group by all
),

strong_positives as (
    select
        'weak_negative' as role,
        weak_negatives.subset,
        'strong_positive' as reason,
        count(*) as clip_count,
        count(*) as sample_count
    from weak_negatives
    semi join positive_events
        on weak_negatives.clip_id = positive_events.clip_id
    group by all
),

accounted as (
    select * from kept
    union all
    select * from strong_positives
),

unbalanced as (
    select count(*) as clip_count
    from weak_negatives
    where weak_negatives.subset = 'weak_unbalanced_train'
),

-- What is neither kept nor removed for another reason.
trimmed as (
    select
        unbalanced.clip_count - cast(coalesce(sum(accounted.clip_count), 0) as bigint)
            as clip_count
    from unbalanced
    left join accounted
        on accounted.role = 'weak_negative' and accounted.subset = 'weak_unbalanced_train'
    group by unbalanced.clip_count
),

counts as (
    select * from accounted
    union all
    select
        'weak_negative' as role,
        'weak_unbalanced_train' as subset,
        'head_trimming' as reason,
        trimmed.clip_count,
        trimmed.clip_count as sample_count
    from trimmed
    where trimmed.clip_count > 0
)

select
    main.split_of(counts.subset) as split,
    counts.role,
    counts.subset,
    counts.reason,
    counts.clip_count,
    counts.sample_count
from counts
order by split desc, counts.role asc, counts.subset asc, counts.reason asc nulls first
