-- One second of an evaluated clip, counted from its start, the last one perhaps shorter: positive
-- if the target is active at any moment of it, scored by the highest frame that reaches into it.
{{ config(materialized='table', schema='scoring') }}
with scored_items as (select * from {{ ref('scored_items') }}),

evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

event_spans as (select * from {{ ref('event_spans') }}),

reached as (
    select
        scored_items.clip_number,
        scored_items.start_us // 1000000 as segment,
        scored_items.score
    from scored_items
    union all
    -- The further seconds that a frame reaches into.
    select
        scored_items.clip_number,
        unnest(range(
            scored_items.start_us // 1000000 + 1, (scored_items.end_us - 1) // 1000000 + 1
        )) as segment,
        scored_items.score
    from scored_items
    where scored_items.start_us // 1000000 < (scored_items.end_us - 1) // 1000000
),

active as (
    select distinct
        event_spans.clip_number,
        unnest(range(
            event_spans.start_us // 1000000, (event_spans.end_us - 1) // 1000000 + 1
        )) as segment
    from event_spans
),

scored as (
    select
        reached.clip_number,
        reached.segment,
        max(reached.score) as score
    from reached
    group by reached.clip_number, reached.segment
)

select
    scored.clip_number,
    scored.segment * 1000000 as start_us,
    least((scored.segment + 1) * 1000000, evaluation_clips.clip_us) as end_us,
    scored.score,
    active.segment is not null as is_positive
from scored
inner join evaluation_clips on scored.clip_number = evaluation_clips.clip_number
left join active on scored.clip_number = active.clip_number and scored.segment = active.segment
