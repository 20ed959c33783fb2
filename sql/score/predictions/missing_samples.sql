-- One sample that a detector of the run has no score for.
-- Weak positives are missing only if the predictions have some of them: in training, they are
-- optional.
{{ config(materialized='table', schema='scoring') }}
with scored_samples as (select * from {{ ref('scored_samples') }}),

detectors as (
    select distinct predictions.detector
    from scoring.predictions
),

predicted_roles as (
    select distinct scored_samples.role
    from scored_samples
    semi join scoring.predictions on scored_samples.sample_key = predictions.name
)

select
    detectors.detector,
    scored_samples.sample_key as name,
    scored_samples.is_positive
from scored_samples
cross join detectors
anti join scoring.predictions
    on
        detectors.detector = predictions.detector
        and scored_samples.sample_key = predictions.name
where
    scored_samples.role <> 'weak_positive'
    or scored_samples.role in (select predicted_roles.role from predicted_roles)
