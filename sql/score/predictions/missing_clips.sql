-- One clip that is evaluated and that a detector of the run has no score for.
{{ config(materialized='table', schema='scoring') }}
with evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

located_predictions as (select * from {{ ref('located_predictions') }}),

detectors as (
    select distinct predictions.detector
    from scoring.predictions
)

select
    detectors.detector,
    evaluation_clips.clip_id as name,
    evaluation_clips.has_target as is_positive
from evaluation_clips
cross join detectors
anti join located_predictions
    on
        detectors.detector = located_predictions.detector
        and evaluation_clips.clip_number = located_predictions.clip_number
where evaluation_clips.is_evaluated
