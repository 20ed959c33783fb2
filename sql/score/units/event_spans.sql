-- One span of an evaluated clip in which the target is active, in microseconds from its start.
{{ config(materialized='table', schema='scoring') }}
with evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

active_spans as (select * from {{ ref('active_spans') }})

select
    evaluation_clips.clip_number,
    cast(active_spans.start_seconds * 1000000 as bigint) as start_us,
    cast(active_spans.end_seconds * 1000000 as bigint) as end_us
from active_spans
inner join evaluation_clips
    on
        active_spans.subset = evaluation_clips.subset
        and active_spans.clip_id = evaluation_clips.clip_id
where evaluation_clips.is_evaluated
