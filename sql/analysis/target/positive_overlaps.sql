-- The positive events of one strong subset that are overlapped, or that are not: of one label of
-- the target, or of all of them together, which have no MID.
with positive_events as (select * from {{ ref('positive_events') }}),

labels as (select * from {{ ref('labels') }}),

counted as (
    select
        positive_events.subset,
        positive_events.label_id,
        case when positive_events.is_overlapped then 'overlapped' else 'alone' end as overlap,
        count(*) as event_count,
        sum(positive_events.end_seconds - positive_events.start_seconds) as duration_seconds
    from positive_events
    group by
        grouping sets (
            (positive_events.subset, positive_events.label_id, overlap),
            (positive_events.subset, overlap)
        )
)

select
    counted.subset,
    counted.label_id,
    case
        when counted.label_id is null then 'all labels'
        else labels.title
    end as title,
    counted.overlap,
    counted.event_count,
    cast(counted.duration_seconds as decimal(18, 3)) as duration_seconds,
    100 * counted.event_count
    / sum(counted.event_count) over (partition by counted.subset, counted.label_id) as percentage
from counted
left join labels on counted.label_id = labels.label_id
