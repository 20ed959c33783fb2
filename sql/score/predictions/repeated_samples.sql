-- One sample that a detector's predictions have more than once, with the last of its rows.
{{ config(schema='scoring') }}
select
    max((predictions.file_number, predictions.line))[1] as file_number,
    max((predictions.file_number, predictions.line))[2] as line,
    'sample_key ' || predictions.name || ' is given ' || count(*) || ' times'
    || case
        when count(distinct predictions.file_number) > 1
            then ', in ' || count(distinct predictions.file_number) || ' files of one detector'
        else ''
    end as problem
from scoring.predictions
where predictions.name is not null
group by predictions.detector, predictions.name
having count(*) > 1
