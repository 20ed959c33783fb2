-- One row of the predictions for what was a sample, until a label of its clip was corrected.
{{ config(materialized='table', schema='scoring') }}
with scored_samples as (select * from {{ ref('scored_samples') }}),

corrections as (select * from {{ ref('corrections') }}),

incorrect as (
    select distinct corrections.clip_id
    from corrections
    where corrections.verdict = 'incorrect'
)

select predictions.*
from scoring.predictions
semi join incorrect on split_part(predictions.name, '/', 2) = incorrect.clip_id
anti join scored_samples on predictions.name = scored_samples.sample_key
