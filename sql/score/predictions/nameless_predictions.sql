-- One row of the predictions that does not say which detector it is of, or of which clip or sample.
{{ config(schema='scoring') }}
select
    predictions.file_number,
    predictions.line,
    'it has no name of a detector or no '
    || case when {{ literal(form) }} = 'samples' then 'sample_key' else 'clip_id' end as problem
from scoring.predictions
where predictions.name is null or coalesce(predictions.detector, '') = ''
