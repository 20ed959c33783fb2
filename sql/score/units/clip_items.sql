-- One clip that is evaluated, with its own score or the highest of its frames, and whether it is a
-- positive.
{{ config(schema='scoring') }}
with evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

located_predictions as (select * from {{ ref('located_predictions') }}),

frames as (select * from {{ ref('frames') }}),

clip_scores as (
    select
        located_predictions.clip_number,
        main.probability(located_predictions.score, {{ literal(is_logit) }}) as score
    from located_predictions
    where
        located_predictions.detector = {{ literal(detector) }}
        and {{ literal(form) }} = 'clips'
    union all
    select
        frames.clip_number,
        max(frames.score) as score
    from frames
    group by frames.clip_number
)

select
    evaluation_clips.clip_number,
    cast(0 as bigint) as start_us,
    evaluation_clips.clip_us as end_us,
    cast(null as varchar) as sample_key,
    clip_scores.score,
    evaluation_clips.has_target as is_positive
from clip_scores
inner join evaluation_clips on clip_scores.clip_number = evaluation_clips.clip_number
where evaluation_clips.is_evaluated
