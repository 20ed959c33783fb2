-- The score of one item by a detector: of a frame, after the median filter, and of the seconds and
-- clips that follow from frames; of a sample, of a clip, or of a frame of the framed subset.
{{ config(materialized='incremental') }}
with scored_units as (select * from {{ ref('scored_units') }}),

evaluation_clips as (select * from {{ ref('evaluation_clips') }})

select
    {{ literal(detector) }} as detector,
    scored_units.unit,
    evaluation_clips.clip_id,
    main.us_to_seconds(scored_units.start_us) as start_seconds,
    main.us_to_seconds(scored_units.end_us) as end_seconds,
    scored_units.sample_key,
    scored_units.score,
    scored_units.is_positive
from scored_units
inner join evaluation_clips on scored_units.clip_number = evaluation_clips.clip_number
