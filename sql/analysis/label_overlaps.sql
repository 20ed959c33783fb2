-- One pair of a label of the target and another sound that is heard during its events, in one
-- strong data set. An event counts once for a sound, however often that is heard during it.
{{ materialized('table') }}
with positive_events as (
    select events.* from {{ ref('events') }} as events
    where events.role = 'positive'
),

target_labels as (select * from {{ ref('target_labels') }}),

other_events as (
    select present_events.*
    from {{ ref('present_events') }} as present_events
    anti join target_labels
        on present_events.label_id = target_labels.label_id and target_labels.role = 'positive'
),

pairs as (
    select
        positive_events.dataset,
        positive_events.label_id,
        other_events.label_id as other_label_id,
        count(distinct positive_events.source_row) as event_count,
        sum(
            least(positive_events.end_seconds, other_events.end_seconds)
            - greatest(positive_events.start_seconds, other_events.start_seconds)
        ) as overlap_seconds
    from positive_events
    inner join other_events
        on
            positive_events.dataset = other_events.dataset
            and positive_events.clip_id = other_events.clip_id
            and positive_events.end_seconds > other_events.start_seconds
            and positive_events.start_seconds < other_events.end_seconds
    group by positive_events.dataset, positive_events.label_id, other_events.label_id
),

ranked as (
    select
        pairs.*,
        sum(pairs.event_count) over (
            partition by pairs.dataset, pairs.other_label_id
        ) as other_event_count
    from pairs
)

select
    ranked.dataset,
    ranked.label_id,
    coalesce(label_titles.title, ranked.label_id) as title,
    dense_rank() over (
        partition by ranked.dataset
        order by ranked.other_event_count desc, ranked.other_label_id asc
    ) as other_rank,
    ranked.other_label_id,
    coalesce(other_titles.title, ranked.other_label_id) as other_title,
    ranked.event_count,
    cast(ranked.overlap_seconds as decimal(18, 3)) as overlap_seconds
from ranked
left join {{ ref('label_titles') }} as label_titles
    on ranked.label_id = label_titles.label_id
left join {{ ref('label_titles') }} as other_titles
    on ranked.other_label_id = other_titles.label_id
order by ranked.dataset, other_rank, ranked.label_id
