-- A positive event whose is_overlapped is not what a count of overlapping events says.
with target_labels as (select * from {{ ref('target_labels') }}),

present_events as (select * from {{ ref('present_events') }}),

positive_events as (select * from {{ ref('positive_events') }}),

positive_labels as (
    select label_id
    from target_labels
    where role = 'positive'
),

other_events as (
    select present_events.*
    from present_events
    anti join positive_labels on present_events.label_id = positive_labels.label_id
),

counted as (
    select
        positive_events.*,
        (
            select count(*)
            from other_events
            where
                other_events.subset = positive_events.subset
                and other_events.clip_id = positive_events.clip_id
                and other_events.start_seconds < positive_events.end_seconds
                and other_events.end_seconds > positive_events.start_seconds
        ) as other_event_count
    from positive_events
)

select
    counted.subset,
    counted.event_id,
    counted.clip_id,
    counted.start_seconds,
    counted.end_seconds,
    counted.label_id,
    counted.is_overlapped
from counted
where counted.is_overlapped is distinct from (counted.other_event_count > 0)
