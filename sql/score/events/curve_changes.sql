-- What changes in a clip at one threshold by one criterion, as far as replicates look at it.
-- Thresholds at which there are, in all clips, more than twice as many false alarms per hour as
-- PSDS looks at are left out. If there are many, neighbouring ones count as the lowest of them, so
-- that there are at most 2,048.
{{ config(materialized='table', schema='scoring') }}
with detection_changes as (select * from {{ ref('detection_changes') }}),

criterion_changes as (select * from {{ ref('criterion_changes') }}),

event_curve as (select * from {{ ref('event_curve') }}),

lowest as (
    select
        event_curve.criterion,
        min(event_curve.threshold) as threshold
    from event_curve
    where
        event_curve.detector = {{ literal(detector) }}
        and event_curve.false_alarms_per_hour <= 2 * main.most_alarms_per_hour()
    group by event_curve.criterion
),

changes as (
    select
        lowest.criterion,
        detection_changes.threshold,
        detection_changes.clip_number,
        0 as hit_change,
        detection_changes.detection_change as alarm_change
    from detection_changes
    inner join lowest on detection_changes.threshold >= lowest.threshold
    union all
    select
        criterion_changes.criterion,
        criterion_changes.threshold,
        criterion_changes.clip_number,
        criterion_changes.hit_change,
        -criterion_changes.correct_change as alarm_change
    from criterion_changes
    inner join lowest
        on
            criterion_changes.criterion = lowest.criterion
            and criterion_changes.threshold >= lowest.threshold
),

thresholds as (
    select distinct
        changes.criterion,
        changes.threshold
    from changes
),

numbered as (
    select
        thresholds.criterion,
        thresholds.threshold,
        row_number() over (
            partition by thresholds.criterion order by thresholds.threshold desc
        ) as place,
        count(*) over (partition by thresholds.criterion) as threshold_count
    from thresholds
),

merged as (
    select
        numbered.criterion,
        numbered.threshold,
        min(numbered.threshold) over (
            partition by
                numbered.criterion,
                numbered.place * main.most_thresholds() // (numbered.threshold_count + 1)
        ) as merged_threshold
    from numbered
)

select
    changes.criterion,
    merged.merged_threshold as threshold,
    changes.clip_number,
    cast(sum(changes.hit_change) as double) as hit_change,
    cast(sum(changes.alarm_change) as double) as alarm_change
from changes
inner join merged
    on changes.criterion = merged.criterion and changes.threshold = merged.threshold
group by changes.criterion, merged.merged_threshold, changes.clip_number
