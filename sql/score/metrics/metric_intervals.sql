-- The interval that holds 95% of the replicates of one metric of a detector.
{{ config(schema='scoring') }}
with metric_replicates as (select * from {{ ref('metric_replicates') }})

select
    metric_replicates.metric,
    metric_replicates.unit,
    quantile_cont(metric_replicates.value, 0.025) as low,
    quantile_cont(metric_replicates.value, 0.975) as high
from metric_replicates
where metric_replicates.detector = {{ literal(detector) }}
group by metric_replicates.metric, metric_replicates.unit
