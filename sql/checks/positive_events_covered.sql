-- A moment of a positive event that lies in none of its windows.
-- If any moment is left out, then one of these is: the start of the event, or the end of a
-- window within it.
with positive_events as (
    select * from {{ ref('events') }}
    where role = 'positive' and start_seconds < end_seconds
),

positive_segments as (
    select * from {{ ref('segments') }}
    where role = 'positive'
),

moments as (
    select
        positive_events.*,
        positive_events.start_seconds as moment_seconds
    from positive_events
    union
    select
        positive_events.*,
        positive_segments.end_seconds as moment_seconds
    from positive_events
    inner join positive_segments
        on
            positive_events.dataset = positive_segments.dataset
            and positive_events.source_row = positive_segments.source_row
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
            and positive_segments.source_row = moments.source_row
            and positive_segments.start_seconds <= moments.moment_seconds
            and positive_segments.end_seconds > moments.moment_seconds
    )
