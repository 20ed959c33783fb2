-- One span in which the target is active, in a clip that a detector was scored on.
{{ config(materialized='incremental') }}
with target_spans as (select * from {{ ref('target_spans') }})

select
    {{ literal(detector) }} as detector,
    target_spans.span_number,
    target_spans.clip_number,
    target_spans.start_us,
    target_spans.end_us
from target_spans
