-- A moment of a positive event that lies in no window.
-- If any moment is left out, then one of these is: the start of the event, or the end of a
-- window within it.
with positive_events as (select * from {{ ref('positive_events') }}),

positive_segments as (select * from {{ ref('positive_segments') }}),

moments as (
    select
        positive_events.*,
        positive_events.start_seconds as moment_seconds
    from positive_events
    where positive_events.start_seconds < positive_events.end_seconds
    union
    select
        positive_events.*,
        positive_segments.end_seconds as moment_seconds
    from positive_events
    inner join positive_segments
        on
            positive_events.dataset = positive_segments.dataset
            and positive_events.clip_id = positive_segments.clip_id
            and positive_events.label_id = positive_segments.label_id
            and positive_events.start_seconds < positive_segments.end_seconds
            and positive_events.end_seconds > positive_segments.end_seconds
)

select
    moments.dataset,
    moments.clip_id,
    moments.start_seconds,
    moments.end_seconds,
    moments.label_id,
    moments.moment_seconds
from moments
where
    not exists (
        select 1
        from positive_segments
        where
            positive_segments.dataset = moments.dataset
            and positive_segments.clip_id = moments.clip_id
            and positive_segments.label_id = moments.label_id
            and positive_segments.start_seconds <= moments.moment_seconds
            and positive_segments.end_seconds > moments.moment_seconds
    )
