-- One strong data set's events of the target, or the windows of them, in figures of how long
-- they are.
select
    positive_durations.dataset,
    positive_durations.unit,
    count(*) as unit_count,
    cast(sum(positive_durations.duration_seconds) as decimal(18, 3)) as duration_seconds,
    min(positive_durations.duration_seconds) as shortest_seconds,
    quantile_cont(positive_durations.duration_seconds, 0.05) as percentile_5_seconds,
    quantile_cont(positive_durations.duration_seconds, 0.5) as median_seconds,
    quantile_cont(positive_durations.duration_seconds, 0.95) as percentile_95_seconds,
    max(positive_durations.duration_seconds) as longest_seconds
from {{ ref('positive_durations') }} as positive_durations
group by positive_durations.dataset, positive_durations.unit
