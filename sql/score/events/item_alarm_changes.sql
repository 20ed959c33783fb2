-- What changes in a clip as the threshold falls to a value, for a detector that scores no frames:
-- how many more positives are found (samples, clips, or frames of the framed subset), and how many
-- more runs of items are correct, since they have a moment in common with a positive.
{{ config(schema='scoring') }}
with scored_items as (select * from {{ ref('scored_items') }}),

alarm as (
    select * from {{ ref('intersection_changes') }}({{ literal(detector) }}, 0, 0)
)

select
    'alarm' as criterion,
    alarm.clip_number,
    alarm.threshold,
    0 as hit_change,
    alarm.correct_change
from alarm
union all
select
    'alarm' as criterion,
    scored_items.clip_number,
    scored_items.score as threshold,
    1 as hit_change,
    0 as correct_change
from scored_items
where scored_items.is_positive
