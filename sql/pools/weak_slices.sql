-- One of the 1,024 equal slices of the weak members, under one label.
-- Each rank has its own slices, the same under every label, so no sample is drawn on two ranks.
{{ config(materialized='table') }}
with weak_members as (select * from {{ ref('weak_members') }})

select
    weak_members.label_index,
    weak_members.slice,
    cast(count(*) as integer) as member_count
from weak_members
group by weak_members.label_index, weak_members.slice
order by weak_members.label_index, weak_members.slice
