-- How many events of the target a detector could find by one criterion, and in how many hours. Of
-- samples and of frames of the framed subset, they are positives, and the hours those of negatives.
{{ config(materialized='incremental') }}
with clip_totals as (select * from {{ ref('clip_totals') }}),

criteria as (
    select unnest({{ literal(criteria) }}) as criterion
),

totals as (
    select
        cast(sum(clip_totals.event_count) as bigint) as event_count,
        main.hours(sum(clip_totals.evaluated_us)) as hours
    from clip_totals
)

select
    {{ literal(detector) }} as detector,
    criteria.criterion,
    totals.event_count,
    totals.hours
from criteria
cross join totals
