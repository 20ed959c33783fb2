-- One alarm of a detector at its chosen threshold: a longest run of frames with at least that score
-- (of samples, of those that touch or overlap). It is true if the target is active at any moment.
{{ config(materialized='incremental') }}
with chosen_threshold as (select * from {{ ref('chosen_threshold') }})

select alarms_at.*
from {{ ref('alarms_at') }}(
    {{ literal(detector) }}, (select chosen_threshold.threshold from chosen_threshold)
) as alarms_at
