-- What changes in a clip as the threshold falls to a value, by one criterion: how many more events
-- of the target are found, and how many more detections are correct.
-- By the criterion 'alarm', any moment in common will do.
{{ config(schema='scoring') }}
with psds1 as (
    select * from {{ ref('intersection_changes') }}({{ literal(detector) }}, 0.7, 0.7)
),

psds2 as (
    select * from {{ ref('intersection_changes') }}({{ literal(detector) }}, 0.1, 0.1)
),

intersection as (
    select * from {{ ref('intersection_changes') }}({{ literal(detector) }}, 0.5, 0.5)
),

collar as (
    select * from {{ ref('collar_changes') }}({{ literal(detector) }}, 0.2, 0.2, 0.2)
),

onset as (
    select * from {{ ref('collar_changes') }}({{ literal(detector) }}, 0.5, null, 0)
),

alarm as (
    select * from {{ ref('intersection_changes') }}({{ literal(detector) }}, 0, 0)
)

select
    'psds1' as criterion,
    psds1.*
from psds1
union all
select
    'psds2' as criterion,
    psds2.*
from psds2
union all
select
    'intersection' as criterion,
    intersection.*
from intersection
union all
select
    'collar' as criterion,
    collar.*,
    collar.hit_change as correct_change
from collar
union all
select
    'onset' as criterion,
    onset.*,
    onset.hit_change as correct_change
from onset
union all
select
    'alarm' as criterion,
    alarm.*
from alarm
