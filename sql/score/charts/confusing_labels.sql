-- One label during which a detector has false alarms in clips without the target, ranked by how
-- many there are.
with false_alarm_labels as (select * from {{ ref('false_alarm_labels') }})

select
    false_alarm_labels.detector,
    row_number() over (
        partition by false_alarm_labels.detector
        order by false_alarm_labels.false_alarm_count desc, false_alarm_labels.label_id asc
    ) as rank,
    false_alarm_labels.label_id,
    false_alarm_labels.title,
    false_alarm_labels.false_alarm_count,
    100 * false_alarm_labels.share as percentage,
    false_alarm_labels.hours,
    false_alarm_labels.false_alarms_per_hour,
    false_alarm_labels.lift,
    false_alarm_labels.highest_score
from false_alarm_labels
where false_alarm_labels.false_alarm_count > 0
