-- One metric of a detector that does not depend on a threshold, with its interval. The unit of PSDS
-- is 'event'.
with ranking_metrics as (select * from {{ ref('ranking_metrics') }}),

event_metrics as (select * from {{ ref('event_metrics') }})

select
    ranking_metrics.detector,
    unnest([
        'average_precision', 'balanced_average_precision', 'roc_auc', 'partial_roc_auc', 'd_prime'
    ]) as metric,
    ranking_metrics.unit,
    unnest([
        ranking_metrics.average_precision,
        ranking_metrics.balanced_average_precision,
        ranking_metrics.roc_auc,
        ranking_metrics.partial_roc_auc,
        ranking_metrics.d_prime
    ]) as value,
    unnest([
        ranking_metrics.average_precision_low,
        ranking_metrics.balanced_average_precision_low,
        ranking_metrics.roc_auc_low,
        ranking_metrics.partial_roc_auc_low,
        ranking_metrics.d_prime_low
    ]) as low,
    unnest([
        ranking_metrics.average_precision_high,
        ranking_metrics.balanced_average_precision_high,
        ranking_metrics.roc_auc_high,
        ranking_metrics.partial_roc_auc_high,
        ranking_metrics.d_prime_high
    ]) as high
from ranking_metrics
union all
select
    event_metrics.detector,
    event_metrics.criterion as metric,
    'event' as unit,
    event_metrics.psds as value,
    event_metrics.psds_low as low,
    event_metrics.psds_high as high
from event_metrics
where event_metrics.criterion in ('psds1', 'psds2', 'intersection')
