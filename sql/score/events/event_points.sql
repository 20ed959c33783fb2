-- One threshold at which a detector gives other detections than above it: how many there are, and
-- by each criterion how many events are found and how many detections are correct.
{{ config(materialized='incremental') }}
with detection_changes as (select * from {{ ref('detection_changes') }}),

criterion_changes as (select * from {{ ref('criterion_changes') }}),

by_criterion as (
    pivot criterion_changes
    on criterion in ('psds1', 'psds2', 'intersection', 'collar', 'onset', 'alarm')
    using sum(hit_change) as hits, sum(correct_change) as correct
    group by threshold
),

criterion_counts as (
    select
        by_criterion.threshold,
        cast(coalesce(sum(columns('.*_(hits|correct)')) over falling, 0) as integer)
    from by_criterion
    window falling as (order by by_criterion.threshold desc rows unbounded preceding)
),

all_changes as (
    select
        detection_changes.threshold,
        detection_changes.detection_change
    from detection_changes
    union all
    select
        by_criterion.threshold,
        0 as detection_change
    from by_criterion
),

changes as (
    select
        all_changes.threshold,
        sum(all_changes.detection_change) as detection_change
    from all_changes
    group by all_changes.threshold
),

detection_counts as (
    select
        changes.threshold,
        cast(sum(changes.detection_change) over falling as integer) as detection_count
    from changes
    window falling as (order by changes.threshold desc rows unbounded preceding)
)

select
    {{ literal(detector) }} as detector,
    detection_counts.threshold,
    detection_counts.detection_count,
    coalesce(columns('.*_(hits|correct)'), 0)
from detection_counts
asof left join criterion_counts  -- noqa: ST11
    on detection_counts.threshold <= criterion_counts.threshold
