-- One label that an event or a weak clip carries, with its column in the label mask.
-- Columns are the same for all targets, and do not depend on which audio is available.
{{ config(materialized='table', schema='internal') }}
with present_events as (select * from {{ ref('present_events') }}),

weak_label_counts as (select * from {{ ref('weak_label_counts') }}),

carried as (
    select present_events.label_id
    from present_events
    union
    select weak_label_counts.label_id
    from weak_label_counts
)

select
    carried.label_id,
    cast(row_number() over (order by carried.label_id) - 1 as smallint) as label_index
from carried
order by carried.label_id
