-- One label whose events overlap positive events of one strong subset, ranked by how many it
-- overlaps.
-- Shares are of all positive events of the subset.
with positive_events as (select * from {{ ref('positive_events') }}),

label_overlaps as (select * from {{ ref('label_overlaps') }}),

events as (
    select
        positive_events.subset,
        count(*) as positive_events
    from positive_events
    group by positive_events.subset
)

select
    label_overlaps.subset,
    label_overlaps.other_rank as rank,
    label_overlaps.other_label_id as label_id,
    label_overlaps.other_title as title,
    cast(sum(label_overlaps.event_count) as bigint) as event_count,
    cast(sum(label_overlaps.overlap_seconds) as decimal(18, 3)) as overlap_seconds,
    100 * sum(label_overlaps.event_count) / min(events.positive_events) as percentage
from label_overlaps
inner join events on label_overlaps.subset = events.subset
group by
    label_overlaps.subset,
    label_overlaps.other_rank,
    label_overlaps.other_label_id,
    label_overlaps.other_title
