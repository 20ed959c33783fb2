-- One event that is positive or a strong negative for the target.
with positive_events as (select * from {{ ref('positive_events') }}),

strong_negative_events as (select * from {{ ref('strong_negative_events') }})

select
    'positive' as role,
    positive_events.*
from positive_events
union all by name
select
    'strong_negative' as role,
    strong_negative_events.*
from strong_negative_events
