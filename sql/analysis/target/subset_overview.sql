-- One subset in which the target has events or negatives, with how many there are. Counts of events
-- and windows are null in a weak subset, that of weak negatives in a strong one.
with subset_counts as (select * from {{ ref('subset_counts') }}),

subsets as (
    select
        *,
        main.is_strong_subset(subset) as is_strong
    from subset_counts
    where positive_event_count + strong_negative_event_count + weak_negative_count > 0
)

select
    subset,
    case when is_strong then positive_event_count end as positive_event_count,
    case when is_strong then not_overlapped_event_count end as not_overlapped_event_count,
    case when is_strong then overlapped_event_count end as overlapped_event_count,
    case when is_strong then positive_window_count end as positive_window_count,
    case when is_strong then strong_negative_event_count end as strong_negative_event_count,
    case when is_strong then strong_negative_window_count end as strong_negative_window_count,
    case when not is_strong then weak_negative_count end as weak_negative_count
from subsets
order by main.subset_place(subset)
