-- How much better one detector is than another of the same subset by one metric, with the interval
-- that holds 95% of the differences in replicates, and the share of replicates in which it is
-- better. Replicates of the same seed have the same clips for both.
with detectors as (select * from {{ ref('detectors') }}),

metric_values as (select * from {{ ref('metric_values') }}),

metric_replicates as (select * from {{ ref('metric_replicates') }}),

pairs as (
    select
        detectors.detector,
        others.detector as other_detector,
        detectors.seed = others.seed as has_same_seed
    from detectors
    inner join detectors as others
        on
            detectors.detector <> others.detector
            and detectors.subset is not distinct from others.subset
            and detectors.split = others.split
),

replicate_differences as (
    select
        metric_replicates.metric,
        metric_replicates.unit,
        pairs.detector,
        pairs.other_detector,
        metric_replicates.value - others.value as difference,
        -- Of equal values, also infinite ones, neither is better.
        case
            when metric_replicates.value > others.value then 1
            when metric_replicates.value = others.value then 0.5
            when metric_replicates.value < others.value then 0
        end as better
    from pairs
    inner join metric_replicates on pairs.detector = metric_replicates.detector
    inner join metric_replicates as others
        on
            pairs.other_detector = others.detector
            and metric_replicates.metric = others.metric
            and metric_replicates.unit = others.unit
            and metric_replicates.replicate = others.replicate
    where pairs.has_same_seed
),

intervals as (
    select
        replicate_differences.metric,
        replicate_differences.unit,
        replicate_differences.detector,
        replicate_differences.other_detector,
        quantile_cont(replicate_differences.difference, 0.025) as low,
        quantile_cont(replicate_differences.difference, 0.975) as high,
        avg(replicate_differences.better) as better_share
    from replicate_differences
    group by
        replicate_differences.metric,
        replicate_differences.unit,
        replicate_differences.detector,
        replicate_differences.other_detector
)

select
    metric_values.metric,
    metric_values.unit,
    pairs.detector,
    pairs.other_detector,
    metric_values.value - others.value as difference,
    intervals.low,
    intervals.high,
    intervals.better_share
from pairs
inner join metric_values on pairs.detector = metric_values.detector
inner join metric_values as others
    on
        pairs.other_detector = others.detector
        and metric_values.metric = others.metric
        and metric_values.unit = others.unit
left join intervals
    on
        metric_values.metric = intervals.metric
        and metric_values.unit = intervals.unit
        and pairs.detector = intervals.detector
        and pairs.other_detector = intervals.other_detector
