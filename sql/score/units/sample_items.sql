-- One sample that the detector has scored, with its score and whether it is a positive.
{{ config(schema='scoring') }}
with scored_samples as (select * from {{ ref('scored_samples') }})

select
    scored_samples.clip_number,
    scored_samples.start_us,
    scored_samples.end_us,
    scored_samples.sample_key,
    main.probability(predictions.score, {{ literal(is_logit) }}) as score,
    scored_samples.is_positive
from scoring.predictions
inner join scored_samples on predictions.name = scored_samples.sample_key
where predictions.detector = {{ literal(detector) }}
