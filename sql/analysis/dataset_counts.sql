-- One data set, with how much of it each relation of the target holds.
{{ materialized('table') }}
with datasets as (
    select
        unnest(['train', 'eval', 'eval_framed', 'unbalanced_train', 'balanced_train']) as dataset,
        generate_subscripts([1, 2, 3, 4, 5], 1) as position
),

events as (
    select
        events.dataset,
        count(*) filter (where events.role = 'positive') as positive_events,
        count(*) filter (where not events.is_overlapped) as not_overlapped,
        count(*) filter (where events.is_overlapped) as overlapped,
        count(*) filter (where events.role = 'strong_negative') as strong_negative_events
    from {{ ref('events') }} as events
    group by events.dataset
),

segments as (
    select
        event_windows.dataset,
        cast(sum(event_windows.segments) filter (where event_windows.role = 'positive') as bigint)
            as positive_segments,
        cast(
            sum(event_windows.segments) filter (where event_windows.role = 'strong_negative')
            as bigint
        ) as strong_negative_segments
    from {{ ref('event_windows') }} as event_windows
    group by event_windows.dataset
),

weak_negatives as (
    select
        weak_negatives.dataset,
        count(*) as weak_negatives
    from {{ ref('weak_negatives') }} as weak_negatives
    group by weak_negatives.dataset
)

select
    datasets.dataset,
    coalesce(events.positive_events, 0) as positive_events,
    coalesce(events.not_overlapped, 0) as not_overlapped,
    coalesce(events.overlapped, 0) as overlapped,
    coalesce(segments.positive_segments, 0) as positive_segments,
    coalesce(events.strong_negative_events, 0) as strong_negative_events,
    coalesce(segments.strong_negative_segments, 0) as strong_negative_segments,
    coalesce(weak_negatives.weak_negatives, 0) as weak_negatives
from datasets
left join events on datasets.dataset = events.dataset
left join segments on datasets.dataset = segments.dataset
left join weak_negatives on datasets.dataset = weak_negatives.dataset
order by datasets.position
