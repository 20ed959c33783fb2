-- One subset, with the number of rows that each relation of the target has of it.
{{ config(materialized='table') }}
with events as (select * from {{ ref('events') }}),

event_window_counts as (select * from {{ ref('event_window_counts') }}),

weak_negatives as (select * from {{ ref('weak_negatives') }}),

subsets as (select unnest(main.subset_names()) as subset),

event_counts as (
    select
        events.subset,
        count(*) filter (where events.role = 'positive') as positive_event_count,
        count(*) filter (where not events.is_overlapped) as not_overlapped_event_count,
        count(*) filter (where events.is_overlapped) as overlapped_event_count,
        count(*) filter (where events.role = 'strong_negative') as strong_negative_event_count
    from events
    group by events.subset
),

window_counts as (
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
    from event_window_counts
    group by event_window_counts.subset
),

weak_counts as (
    select
        weak_negatives.subset,
        count(*) as weak_negative_count
    from weak_negatives
    group by weak_negatives.subset
)

select
    subsets.subset,
    coalesce(event_counts.positive_event_count, 0) as positive_event_count,
    coalesce(event_counts.not_overlapped_event_count, 0) as not_overlapped_event_count,
    coalesce(event_counts.overlapped_event_count, 0) as overlapped_event_count,
    coalesce(window_counts.positive_window_count, 0) as positive_window_count,
    coalesce(event_counts.strong_negative_event_count, 0) as strong_negative_event_count,
    coalesce(window_counts.strong_negative_window_count, 0) as strong_negative_window_count,
    coalesce(weak_counts.weak_negative_count, 0) as weak_negative_count
from subsets
left join event_counts on subsets.subset = event_counts.subset
left join window_counts on subsets.subset = window_counts.subset
left join weak_counts on subsets.subset = weak_counts.subset
order by main.subset_place(subsets.subset)
