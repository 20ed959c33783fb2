-- One row of the predictions whose frame is not known: `frame` is not a whole number from 0 on, or
-- `start_seconds` is not a multiple of the hop, to a millisecond, as to which it may be rounded.
{{ config(schema='scoring') }}
with located_predictions as (select * from {{ ref('located_predictions') }})

select
    located_predictions.file_number,
    located_predictions.line,
    case
        when {{ literal(form) }} = 'frames' then 'frame is not a whole number from 0 on'
        when located_predictions.start_seconds is null then 'start_seconds is not a number'
        else
            'start_seconds is ' || cast(located_predictions.start_seconds as double)
            || ', which is not a multiple of the hop of {{ hop_seconds }} s'
    end as problem
from located_predictions
where
    {{ literal(form) }} in ('frames', 'starts')
    and (
        located_predictions.frame is null
        or located_predictions.frame < 0
        or located_predictions.start_seconds < 0
        or abs(
            located_predictions.start_seconds - located_predictions.frame * {{ hop_seconds }}
        ) > main.start_tolerance_seconds()
    )
