-- The durations of the positive events of one strong subset, or of their windows, in figures.
-- Quantiles between two durations are interpolated, not rounded to the millisecond.
with positive_durations as (select * from {{ ref('positive_durations') }})

select
    positive_durations.subset,
    positive_durations.unit,
    count(*) as unit_count,
    cast(sum(positive_durations.duration_seconds) as decimal(18, 3)) as duration_seconds,
    min(positive_durations.duration_seconds) as shortest_seconds,
    quantile_cont(cast(positive_durations.duration_seconds as double), 0.05)
        as percentile_5_seconds,
    quantile_cont(cast(positive_durations.duration_seconds as double), 0.5) as median_seconds,
    quantile_cont(cast(positive_durations.duration_seconds as double), 0.95)
        as percentile_95_seconds,
    max(positive_durations.duration_seconds) as longest_seconds
from positive_durations
group by positive_durations.subset, positive_durations.unit
