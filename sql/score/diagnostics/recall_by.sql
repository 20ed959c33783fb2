-- One group of events of the target, with how many of them a detector finds at its chosen
-- threshold: a score on the event reaches it. An event may belong to several groups of the same
-- kind: those of the labels that overlap it.
{{ config(materialized='incremental') }}
with event_groups as (select * from {{ ref('event_groups') }}),

scored_events as (select * from {{ ref('scored_events') }}),

chosen_threshold as (select * from {{ ref('chosen_threshold') }})

select
    {{ literal(detector) }} as detector,
    event_groups.grouping,
    event_groups.value,
    count(*) as event_count,
    avg(cast(
        coalesce(scored_events.score >= chosen_threshold.threshold, false) as integer
    )) as recall,
    median(scored_events.score) as median_score
from event_groups
inner join scored_events on event_groups.event_number = scored_events.event_number
cross join chosen_threshold
group by event_groups.grouping, event_groups.value
order by event_groups.grouping, event_groups.value
