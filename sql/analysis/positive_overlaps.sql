-- One part of a target's events in one strong data set, alone or overlapped: of all of its labels
-- together, which have no MID, or of one.
with counted as (
    select
        positive_events.dataset,
        positive_events.label_id,
        case when positive_events.is_overlapped then 'overlapped' else 'alone' end as overlap,
        count(*) as event_count,
        sum(positive_events.end_seconds - positive_events.start_seconds) as duration_seconds
    from {{ ref('positive_events') }} as positive_events
    group by
        grouping sets (
            (positive_events.dataset, positive_events.label_id, overlap),
            (positive_events.dataset, overlap)
        )
)

select
    counted.dataset,
    counted.label_id,
    case
        when counted.label_id is null then 'all labels'
        else coalesce(label_titles.title, counted.label_id)
    end as title,
    counted.overlap,
    counted.event_count,
    cast(counted.duration_seconds as decimal(18, 3)) as duration_seconds,
    100 * counted.event_count
    / sum(counted.event_count) over (partition by counted.dataset, counted.label_id) as percentage
from counted
left join {{ ref('label_titles') }} as label_titles
    on counted.label_id = label_titles.label_id
