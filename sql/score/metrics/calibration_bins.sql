-- One of 15 equal bins of the scores of a unit, as far as they lie in [0, 1]: their mean, and how
-- many of the items are positive. A calibrated detector has both alike.
{{ config(materialized='incremental') }}
with scored_units as (select * from {{ ref('scored_units') }}),

probabilities as (
    select
        scored_units.unit,
        least(
            floor(scored_units.score * main.calibration_bin_count()),
            main.calibration_bin_count() - 1
        ) as bin,
        scored_units.score,
        scored_units.is_positive
    from scored_units
)

select
    {{ literal(detector) }} as detector,
    probabilities.unit,
    cast(probabilities.bin as integer) as bin,
    count(*) as score_count,
    cast(sum(main.exact(probabilities.score)) as double) / count(*) as mean_score,
    avg(cast(probabilities.is_positive as integer)) as positive_share,
    -- The sum of squared errors, from which the Brier score follows.
    cast(sum(main.exact(
        pow(probabilities.score - cast(probabilities.is_positive as integer), 2)
    )) as double) as squared_error
from probabilities
where {{ literal(is_probability) }}
group by probabilities.unit, probabilities.bin
