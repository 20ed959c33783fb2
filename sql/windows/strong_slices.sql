-- One of the 1,024 equal slices of the strong members, under one label.
{{ config(materialized='table') }}
with strong_members as (select * from {{ ref('strong_members') }})

select
    strong_members.label_index,
    strong_members.slice,
    cast(count(*) as integer) as member_count
from strong_members
group by strong_members.label_index, strong_members.slice
order by strong_members.label_index, strong_members.slice
