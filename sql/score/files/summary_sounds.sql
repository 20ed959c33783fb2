-- One of the five labels during which a detector has most false alarms.
select
    false_alarm_labels.title,
    false_alarm_labels.false_alarm_count,
    printf('%.0f%%', 100 * false_alarm_labels.share) as share,
    printf('%.1f times', false_alarm_labels.lift) as lift,
    printf('%.3f', false_alarm_labels.highest_score) as highest_score
from {{ schema }}.false_alarm_labels
where
    false_alarm_labels.detector = {{ literal(detector) }}
    and false_alarm_labels.false_alarm_count > 0
order by false_alarm_labels.false_alarm_count desc, false_alarm_labels.lift desc
limit 5
