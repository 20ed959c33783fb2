-- One clip of which a detector's predictions have some frames and not all that come before the last
-- one, with the row of the last one. Of the framed subset, only some frames are labelled.
{{ config(schema='scoring') }}
with located_predictions as (select * from {{ ref('located_predictions') }}),

evaluation_clips as (select * from {{ ref('evaluation_clips') }})

select
    arg_max(located_predictions.file_number, located_predictions.frame) as file_number,
    arg_max(located_predictions.line, located_predictions.frame) as line,
    'of ' || any_value(evaluation_clips.clip_id) || ', ' || count(*)
    || ' frames are given, the last one is number ' || max(located_predictions.frame)
    || '; expected every frame from 0 on' as problem
from located_predictions
inner join evaluation_clips on located_predictions.clip_number = evaluation_clips.clip_number
where {{ literal(unit) }} <> 'framed'
group by located_predictions.detector, located_predictions.clip_number
having
    count(distinct located_predictions.frame) <> max(cast(located_predictions.frame as bigint)) + 1
