-- One member of the two pools that all targets share: strong_members and weak_members.
with strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }})

select
    'strong_negative' as pool,
    strong_members.*
from strong_members
union all
select
    'weak_negative' as pool,
    weak_members.*
from weak_members
