-- One slice of the two pools that all targets share: strong_slices and weak_slices.
with strong_slices as (select * from {{ ref('strong_slices') }}),

weak_slices as (select * from {{ ref('weak_slices') }})

select
    'strong_negative' as pool,
    strong_slices.*
from strong_slices
union all
select
    'weak_negative' as pool,
    weak_slices.*
from weak_slices
