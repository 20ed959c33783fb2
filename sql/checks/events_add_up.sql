-- A data set of which some event is neither positive, nor a strong negative, nor set aside with the
-- clip that it is heard in; or of which one is counted twice.
with present_events as (select * from {{ ref('present_events') }}),

target_labels as (select * from {{ ref('target_labels') }}),

labelled as (
    select
        present_events.dataset,
        target_labels.role,
        coalesce(
            bool_or(target_labels.role is not null) over (
                partition by present_events.dataset, present_events.clip_id
            ),
            false
        ) as is_in_target_clip
    from present_events
    left join target_labels on present_events.label_id = target_labels.label_id
),

expected as (
    select
        labelled.dataset,
        count(*) as events,
        count(*) filter (
            where labelled.is_in_target_clip and labelled.role is distinct from 'positive'
        ) as set_aside
    from labelled
    group by labelled.dataset
),

positives as (
    select
        positive_events.dataset,
        count(*) as events
    from {{ ref('positive_events') }} as positive_events
    group by positive_events.dataset
),

negatives as (
    select
        strong_negative_events.dataset,
        count(*) as events
    from {{ ref('strong_negative_events') }} as strong_negative_events
    group by strong_negative_events.dataset
)

select
    expected.dataset,
    expected.events,
    coalesce(positives.events, 0) as positive_events,
    expected.set_aside,
    coalesce(negatives.events, 0) as strong_negative_events
from expected
left join positives on expected.dataset = positives.dataset
left join negatives on expected.dataset = negatives.dataset
where
    expected.events
    <> coalesce(positives.events, 0) + expected.set_aside + coalesce(negatives.events, 0)
