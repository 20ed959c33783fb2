-- One pair of a label of the target and another label whose events overlap its events, in one
-- strong subset.
-- An event counts once for each other label, however often that label overlaps it.
with target_labels as (select * from {{ ref('target_labels') }}),

events as (select * from {{ ref('events') }}),

present_events as (select * from {{ ref('present_events') }}),

labels as (select * from {{ ref('labels') }}),

positive_events as (
    select events.* from events
    where events.role = 'positive'
),

other_events as (
    select present_events.*
    from present_events
    anti join target_labels
        on present_events.label_id = target_labels.label_id and target_labels.role = 'positive'
),

pairs as (
    select
        positive_events.subset,
        positive_events.label_id,
        other_events.label_id as other_label_id,
        count(distinct positive_events.event_id) as event_count,
        sum(
            least(positive_events.end_seconds, other_events.end_seconds)
            - greatest(positive_events.start_seconds, other_events.start_seconds)
        ) as overlap_seconds
    from positive_events
    inner join other_events
        on
            positive_events.subset = other_events.subset
            and positive_events.clip_id = other_events.clip_id
            and positive_events.end_seconds > other_events.start_seconds
            and positive_events.start_seconds < other_events.end_seconds
    group by positive_events.subset, positive_events.label_id, other_events.label_id
),

ranked as (
    select
        pairs.*,
        sum(pairs.event_count) over (
            partition by pairs.subset, pairs.other_label_id
        ) as other_event_count
    from pairs
)

select
    ranked.subset,
    ranked.label_id,
    labels.title,
    dense_rank() over (
        partition by ranked.subset
        order by ranked.other_event_count desc, ranked.other_label_id asc
    ) as other_rank,
    ranked.other_label_id,
    other_labels.title as other_title,
    ranked.event_count,
    cast(ranked.overlap_seconds as decimal(18, 3)) as overlap_seconds
from ranked
inner join labels on ranked.label_id = labels.label_id
inner join labels as other_labels
    on ranked.other_label_id = other_labels.label_id
order by ranked.subset, other_rank, ranked.label_id
