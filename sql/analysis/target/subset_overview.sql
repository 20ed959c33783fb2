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
    if(is_strong, positive_event_count, null) as positive_event_count,
    if(is_strong, not_overlapped_event_count, null) as not_overlapped_event_count,
    if(is_strong, overlapped_event_count, null) as overlapped_event_count,
    if(is_strong, positive_window_count, null) as positive_window_count,
    if(is_strong, strong_negative_event_count, null) as strong_negative_event_count,
    if(is_strong, strong_negative_window_count, null) as strong_negative_window_count,
    if(is_strong, null, weak_negative_count) as weak_negative_count
from subsets
order by main.subset_place(subset)
