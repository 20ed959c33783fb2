-- How well a detector ranks the items of one unit, positives above negatives, whatever the
-- threshold. Without positives or without negatives it is not known: null. The Brier score and the
-- expected calibration error are those of scores in [0, 1].
{{ config(materialized='incremental') }}
with ranking_values as (select * from {{ ref('ranking_values') }}),

score_levels as (select * from {{ ref('score_levels') }}),

metric_intervals as (select * from {{ ref('metric_intervals') }}),

calibration_bins as (select * from {{ ref('calibration_bins') }}),

intervals as (
    pivot metric_intervals
    on metric in (
        'average_precision', 'balanced_average_precision', 'roc_auc', 'partial_roc_auc', 'd_prime'
    )
    using any_value(low) as low, any_value(high) as high
    group by unit
),

calibration as (
    select
        calibration_bins.unit,
        cast(sum(main.exact(calibration_bins.squared_error)) as double)
        / sum(calibration_bins.score_count) as brier,
        cast(sum(main.exact(
            calibration_bins.score_count
            * abs(calibration_bins.mean_score - calibration_bins.positive_share)
        )) as double) / sum(calibration_bins.score_count) as ece
    from calibration_bins
    where calibration_bins.detector = {{ literal(detector) }}
    group by calibration_bins.unit
)

select
    {{ literal(detector) }} as detector,
    ranking_values.unit,
    cast(ranking_values.positive_total as bigint) as positive_count,
    cast(ranking_values.negative_total as bigint) as negative_count,
    ranking_values.average_precision,
    intervals.average_precision_low,
    intervals.average_precision_high,
    ranking_values.balanced_average_precision,
    intervals.balanced_average_precision_low,
    intervals.balanced_average_precision_high,
    ranking_values.roc_auc,
    intervals.roc_auc_low,
    intervals.roc_auc_high,
    ranking_values.partial_roc_auc,
    intervals.partial_roc_auc_low,
    intervals.partial_roc_auc_high,
    ranking_values.d_prime,
    intervals.d_prime_low,
    intervals.d_prime_high,
    ranking_values.best_f1,
    case when ranking_values.best_f1 is not null then score_levels.score end as best_f1_threshold,
    calibration.brier,
    calibration.ece
from ranking_values
left join score_levels
    on
        ranking_values.unit = score_levels.unit
        and ranking_values.best_f1_level = score_levels.level
left join intervals on ranking_values.unit = intervals.unit
left join calibration on ranking_values.unit = calibration.unit
where ranking_values.replicate = -1
