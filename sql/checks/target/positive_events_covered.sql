-- A moment of a positive event that is in none of its windows.
-- If any moment is not covered, then one of these is not: the start of the event, or the end of a
-- window within the event.
with events as (select * from {{ ref('events') }}),

windows as (select * from {{ ref('windows') }}),

positive_events as (
    select * from events
    where role = 'positive' and start_seconds < end_seconds
),

positive_windows as (
    select * from windows
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
        positive_windows.end_seconds as moment_seconds
    from positive_events
    inner join positive_windows
        on
            positive_events.subset = positive_windows.subset
            and positive_events.event_id = positive_windows.event_id
            and positive_events.end_seconds > positive_windows.end_seconds
)

select
    moments.subset,
    moments.event_id,
    moments.clip_id,
    moments.start_seconds,
    moments.end_seconds,
    moments.label_id,
    moments.moment_seconds
from moments
where
    not exists (
        select 1
        from positive_windows
        where
            positive_windows.subset = moments.subset
            and positive_windows.event_id = moments.event_id
            and positive_windows.start_seconds <= moments.moment_seconds
            and positive_windows.end_seconds > moments.moment_seconds
    )
