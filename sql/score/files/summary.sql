-- One metric of a detector that is worth reading first, in words.
with lines as (
    select
        case metric_values.metric
            when 'average_precision' then 1
            when 'roc_auc' then 2
            when 'd_prime' then 3
            else 4
        end as place,
        case metric_values.metric
            when 'average_precision' then 'average precision'
            when 'roc_auc' then 'ROC AUC'
            when 'd_prime' then 'd-prime'
            when 'psds1' then 'PSDS1'
            when 'psds2' then 'PSDS2, without its cross-trigger term'
        end
        || case metric_values.unit
            when 'sample' then ' of samples'
            when 'frame' then ' of frames'
            when 'segment' then ' of seconds'
            when 'clip' then ' of clips'
            when 'framed' then ' of 960 ms frames'
            else ''
        end as metric,
        list_position(['frame', 'segment', 'clip'], metric_values.unit) as unit_place,
        metric_values.value,
        metric_values.low,
        metric_values.high
    from {{ schema }}.metric_values
    where
        metric_values.detector = {{ literal(detector) }}
        and metric_values.metric in ('average_precision', 'roc_auc', 'd_prime', 'psds1', 'psds2')
    union all
    select
        5 as place,
        case operating_points.alarms_per_hour
            when 1 then 'recall at 1 false alarm per hour'
            else 'recall at 10 false alarms per hour'
        end as metric,
        operating_points.alarms_per_hour as unit_place,
        operating_points.recall as value,
        operating_points.recall_low as low,
        operating_points.recall_high as high
    from {{ schema }}.operating_points
    where
        operating_points.detector = {{ literal(detector) }}
        and operating_points.criterion = 'alarm'
        and operating_points.alarms_per_hour in (1, 10)
)

select
    lines.metric,
    coalesce(printf('%.3f', lines.value), 'not known') as value,
    coalesce(printf('%.3f to %.3f', lines.low, lines.high), '') as confidence_interval
from lines
order by lines.place, lines.unit_place, lines.metric
