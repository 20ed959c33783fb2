-- A subset with an event that is neither positive, nor a strong negative, nor excluded with its
-- clip, nor corrected, or that is counted twice.
with present_events as (select * from {{ ref('present_events') }}),

target_labels as (select * from {{ ref('target_labels') }}),

positive_events as (select * from {{ ref('positive_events') }}),

strong_negative_events as (select * from {{ ref('strong_negative_events') }}),

corrections as (select * from {{ ref('corrections') }}),

marked_clips as (
    select distinct corrections.clip_id
    from corrections
    where corrections.verdict = 'incorrect'
),

corrected as (
    select
        corrections.subset,
        count(distinct corrections.event_id) as event_count
    from corrections
    where corrections.role = 'positive' and corrections.verdict = 'incorrect'
    group by corrections.subset
),

labelled as (
    select
        present_events.subset,
        target_labels.role,
        coalesce(
            bool_or(target_labels.role is not null or marked_clips.clip_id is not null) over (
                partition by present_events.subset, present_events.clip_id
            ),
            false
        ) as is_in_target_clip
    from present_events
    left join target_labels on present_events.label_id = target_labels.label_id
    left join marked_clips on present_events.clip_id = marked_clips.clip_id
),

expected as (
    select
        labelled.subset,
        count(*) as event_count,
        count(*) filter (
            where labelled.is_in_target_clip and labelled.role is distinct from 'positive'
        ) as set_aside_count
    from labelled
    group by labelled.subset
),

positives as (
    select
        positive_events.subset,
        count(*) as event_count
    from positive_events
    group by positive_events.subset
),

negatives as (
    select
        strong_negative_events.subset,
        count(*) as event_count
    from strong_negative_events
    group by strong_negative_events.subset
)

select
    expected.subset,
    expected.event_count,
    coalesce(positives.event_count, 0) as positive_event_count,
    expected.set_aside_count,
    coalesce(corrected.event_count, 0) as corrected_event_count,
    coalesce(negatives.event_count, 0) as strong_negative_event_count
from expected
left join positives on expected.subset = positives.subset
left join negatives on expected.subset = negatives.subset
left join corrected on expected.subset = corrected.subset
where
    expected.event_count
    <> coalesce(positives.event_count, 0)
    + expected.set_aside_count
    + coalesce(corrected.event_count, 0)
    + coalesce(negatives.event_count, 0)
