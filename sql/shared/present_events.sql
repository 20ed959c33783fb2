-- One event that is present, of any of the three strong subsets. Targets are computed from these.
-- The framed subset also lists labels that are not present in a frame. Those rows are not events.
{{ config(schema='internal') }}
with strong_events as (select * from {{ ref('strong_events') }}),

framed_events as (select * from {{ ref('framed_events') }})

select strong_events.*
from strong_events
union all
select framed_events.* exclude (is_present)
from framed_events
where framed_events.is_present
