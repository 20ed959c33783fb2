-- One subset, with the number of rows that each relation of the target has of it.
{{ config(materialized='table') }}
with subsets as (select unnest(main.subset_names()) as subset),

events as (
    select
        events.subset,
        count(*) filter (where events.role = 'positive') as positive_event_count,
        count(*) filter (where not events.is_overlapped) as not_overlapped_event_count,
        count(*) filter (where events.is_overlapped) as overlapped_event_count,
        count(*) filter (where events.role = 'strong_negative') as strong_negative_event_count
    from {{ ref('events') }} as events
    group by events.subset
),

windows as (
    select
        event_window_counts.subset,
        cast(
            sum(event_window_counts.window_count) filter (
                where event_window_counts.role = 'positive'
            ) as bigint
        ) as positive_window_count,
        cast(
            sum(event_window_counts.window_count) filter (
                where event_window_counts.role = 'strong_negative'
            ) as bigint
        ) as strong_negative_window_count
    from {{ ref('event_window_counts') }} as event_window_counts
    group by event_window_counts.subset
),

weak_negatives as (
    select
        weak_negatives.subset,
        count(*) as weak_negative_count
    from {{ ref('weak_negatives') }} as weak_negatives
    group by weak_negatives.subset
)

select
    subsets.subset,
    coalesce(events.positive_event_count, 0) as positive_event_count,
    coalesce(events.not_overlapped_event_count, 0) as not_overlapped_event_count,
    coalesce(events.overlapped_event_count, 0) as overlapped_event_count,
    coalesce(windows.positive_window_count, 0) as positive_window_count,
    coalesce(events.strong_negative_event_count, 0) as strong_negative_event_count,
    coalesce(windows.strong_negative_window_count, 0) as strong_negative_window_count,
    coalesce(weak_negatives.weak_negative_count, 0) as weak_negative_count
from subsets
left join events on subsets.subset = events.subset
left join windows on subsets.subset = windows.subset
left join weak_negatives on subsets.subset = weak_negatives.subset
order by main.subset_place(subsets.subset)
