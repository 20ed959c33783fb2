-- One row of the predictions whose score is not a finite number, or not a list of such numbers.
{{ config(schema='scoring') }}
select
    predictions.file_number,
    predictions.line,
    'the score is ' || predictions.bad_score || '; expected '
    || case when {{ literal(form) }} = 'lists' then 'a list of numbers' else 'a number' end
        as problem
from scoring.predictions
where predictions.bad_score is not null
