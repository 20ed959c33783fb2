-- One clip of a strong subset that is not a negative of the target: it has, in this subset, an
-- event with a positive or ignored label, or a listener marked it as one that contains the target.
with present_events as (select * from {{ ref('present_events') }}),

target_labels as (select * from {{ ref('target_labels') }}),

corrections as (select * from {{ ref('corrections') }})

select
    present_events.subset,
    present_events.clip_id
from present_events
semi join target_labels on present_events.label_id = target_labels.label_id
union
select
    corrections.subset,
    corrections.clip_id
from corrections
where corrections.role = 'strong_negative' and corrections.verdict = 'incorrect'
