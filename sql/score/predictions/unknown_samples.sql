-- One row of the predictions whose key is not that of a sample that is scored.
{{ config(schema='scoring') }}
with scored_samples as (select * from {{ ref('scored_samples') }}),

corrected_samples as (select * from {{ ref('corrected_samples') }})

select
    predictions.file_number,
    predictions.line,
    'sample_key ' || predictions.name || ' is not a sample of ' || {{ literal(target.name) }}
    || ' in the ' || {{ literal(split) }} || ' split' as problem
from scoring.predictions
anti join scored_samples on predictions.name = scored_samples.sample_key
anti join corrected_samples on predictions.name = corrected_samples.name
where predictions.name is not null
