-- One scored clip without the target. A clip that several scored subsets have is without it only if
-- it is so in each of them.
{{ config(materialized='table', schema='scoring') }}
with scored_clips as (select * from {{ ref('scored_clips') }}),

target_spans as (select * from {{ ref('target_spans') }}),

clips_with_target as (
    select scored_clips.clip_id
    from scored_clips
    semi join target_spans on scored_clips.clip_number = target_spans.clip_number
)

select scored_clips.*
from scored_clips
anti join clips_with_target on scored_clips.clip_id = clips_with_target.clip_id
