-- One label of one strong subset, ranked by its total duration.
-- Of the framed subset only what is present counts. Ties are broken by the MID, so that ranks are
-- the same on every machine.
{{ config(materialized='table') }}
with present_events as (select * from {{ ref('present_events') }}),

labels as (select * from {{ ref('labels') }}),

totals as (
    select
        present_events.subset,
        present_events.label_id,
        count(*) as event_count,
        sum(present_events.end_seconds - present_events.start_seconds) as duration_seconds
    from present_events
    group by present_events.subset, present_events.label_id
),

ranked as (
    select
        totals.*,
        row_number() over (
            partition by totals.subset
            order by totals.duration_seconds desc, totals.label_id asc
        ) as rank,
        sum(totals.duration_seconds) over (partition by totals.subset) as subset_seconds
    from totals
)

select
    ranked.subset,
    ranked.rank,
    ranked.label_id,
    labels.display_name,
    ranked.event_count,
    cast(ranked.duration_seconds as decimal(18, 3)) as duration_seconds,
    coalesce(100 * ranked.duration_seconds / nullif(ranked.subset_seconds, 0), 0) as percentage,
    coalesce(
        100 * sum(ranked.duration_seconds) over (partition by ranked.subset order by ranked.rank)
        / nullif(ranked.subset_seconds, 0),
        0
    ) as cumulative_percentage,
    cast(ranked.duration_seconds / ranked.event_count as decimal(9, 3)) as mean_event_seconds
from ranked
inner join labels on ranked.label_id = labels.label_id
order by ranked.subset, ranked.rank
