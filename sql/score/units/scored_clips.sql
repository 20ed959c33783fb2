-- One clip that the detector has scores of.
{{ config(materialized='table', schema='scoring') }}
with evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

scored_items as (select * from {{ ref('scored_items') }})

select
    evaluation_clips.clip_number,
    evaluation_clips.subset,
    evaluation_clips.clip_id,
    evaluation_clips.clip_us,
    evaluation_clips.has_target
from evaluation_clips
semi join scored_items on evaluation_clips.clip_number = scored_items.clip_number
