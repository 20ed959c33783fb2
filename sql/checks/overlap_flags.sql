-- A positive event that is called overlapped and is not, or the other way round.
with target_labels as (
    select *
    from {{ ref('target_labels') }}
    where role = 'positive'
),

other_events as (
    select *
    from {{ ref('present_events') }}
    where label_id not in (select target_labels.label_id from target_labels)
),

judged as (
    select
        positive_events.*,
        (
            select count(*)
            from other_events
            where
                other_events.dataset = positive_events.dataset
                and other_events.clip_id = positive_events.clip_id
                and other_events.start_seconds < positive_events.end_seconds
                and other_events.end_seconds > positive_events.start_seconds
        ) as other_sounds
    from {{ ref('positive_events') }} as positive_events
)

select
    judged.dataset,
    judged.clip_id,
    judged.start_seconds,
    judged.end_seconds,
    judged.label_id,
    judged.is_overlapped
from judged
where judged.is_overlapped is distinct from (judged.other_sounds > 0)
