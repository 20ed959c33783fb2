-- One frame that the detector has scored, as its file has it, of a clip that is evaluated.
{{ config(schema='scoring') }}
with evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

located_predictions as (select * from {{ ref('located_predictions') }}),

predicted as (
    select located_predictions.*
    from located_predictions
    semi join evaluation_clips
        on
            located_predictions.clip_number = evaluation_clips.clip_number
            and evaluation_clips.is_evaluated
    where located_predictions.detector = {{ literal(detector) }}
),

frames as (
    select
        predicted.clip_number,
        unnest(range(len(predicted.scores))) as frame,
        unnest(predicted.scores) as score
    from predicted
    where predicted.scores is not null
    union all
    select
        predicted.clip_number,
        predicted.frame,
        predicted.score
    from predicted
    where predicted.frame is not null
)

select
    frames.clip_number,
    cast(frames.frame as integer) as frame,
    main.probability(frames.score, {{ literal(is_logit) }}) as score
from frames
