-- One label of clips without the target, with how many false alarms there are while it is active.
-- '(nothing labelled)' stands for false alarms during which no label is. lift is how many times as
-- many false alarms per hour there are as in all clips without the target.
{{ config(materialized='incremental') }}
with labelled_spans as (select * from {{ ref('labelled_spans') }}),

alarms as (select * from {{ ref('alarms') }}),

target_free_clips as (select * from {{ ref('target_free_clips') }}),

labels as (select * from {{ ref('labels') }}),

false_alarms as (
    select
        alarms.score,
        case when len(alarms.label_ids) = 0 then ['(nothing labelled)'] else alarms.label_ids end
            as label_ids
    from alarms
    semi join target_free_clips on alarms.clip_id = target_free_clips.clip_id
    where alarms.detector = {{ literal(detector) }} and not alarms.is_true
),

label_alarms as (
    select
        false_alarms.score,
        unnest(false_alarms.label_ids) as label_id
    from false_alarms
),

alarm_counts as (
    select
        label_alarms.label_id,
        count(*) as false_alarm_count,
        max(label_alarms.score) as highest_score
    from label_alarms
    group by label_alarms.label_id
),

label_hours as (
    select
        labelled_spans.label_id,
        main.hours(sum(labelled_spans.end_us - labelled_spans.start_us)) as hours
    from labelled_spans
    group by labelled_spans.label_id
),

totals as (
    select
        (select count(*) from false_alarms) as false_alarm_count,
        (select main.hours(sum(target_free_clips.clip_us)) from target_free_clips) as hours
),

rates as (
    select
        label_hours.label_id,
        label_hours.hours,
        coalesce(alarm_counts.false_alarm_count, 0) as false_alarm_count,
        coalesce(alarm_counts.false_alarm_count, 0) / label_hours.hours as false_alarms_per_hour,
        alarm_counts.highest_score
    from label_hours
    left join alarm_counts on label_hours.label_id = alarm_counts.label_id
)

select
    {{ literal(detector) }} as detector,
    rates.label_id,
    coalesce(labels.title, rates.label_id) as title,
    rates.false_alarm_count,
    rates.false_alarm_count / nullif(totals.false_alarm_count, 0) as share,
    rates.hours,
    rates.false_alarms_per_hour,
    rates.false_alarms_per_hour / nullif(totals.false_alarm_count / totals.hours, 0) as lift,
    rates.highest_score
from rates
cross join totals
left join labels on rates.label_id = labels.label_id
order by rates.false_alarm_count desc, rates.label_id asc
