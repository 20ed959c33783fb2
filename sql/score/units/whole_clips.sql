-- One clip whose frames the detector has scored, with the highest of their scores.
{{ config(schema='scoring') }}
with scored_clips as (select * from {{ ref('scored_clips') }}),

scored_items as (select * from {{ ref('scored_items') }})

select
    scored_clips.clip_number,
    cast(0 as bigint) as start_us,
    any_value(scored_clips.clip_us) as end_us,
    max(scored_items.score) as score,
    any_value(scored_clips.has_target) as is_positive
from scored_clips
inner join scored_items on scored_clips.clip_number = scored_items.clip_number
group by scored_clips.clip_number
