-- The value of one metric of a detector in one replicate: the same clips for all detectors of a
-- seed. The unit of PSDS is 'event'.
{{ config(materialized='incremental') }}
with ranking_values as (select * from {{ ref('ranking_values') }}),

psds_values as (select * from {{ ref('psds_values') }}),

metrics as (
    select
        ranking_values.unit,
        ranking_values.replicate,
        unnest([
            'average_precision', 'balanced_average_precision', 'roc_auc', 'partial_roc_auc',
            'd_prime'
        ]) as metric,
        unnest([
            ranking_values.average_precision,
            ranking_values.balanced_average_precision,
            ranking_values.roc_auc,
            ranking_values.partial_roc_auc,
            ranking_values.d_prime
        ]) as value
    from ranking_values
    union all by name
    select
        'event' as unit,
        psds_values.replicate,
        psds_values.criterion as metric,
        psds_values.psds as value
    from psds_values
)

select
    {{ literal(detector) }} as detector,
    metrics.metric,
    metrics.unit,
    cast(metrics.replicate as bigint) as replicate,
    metrics.value
from metrics
where metrics.replicate >= 0
