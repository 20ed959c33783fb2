-- One of the 1,024 equal slices of a pool, under one label. Its members have consecutive numbers.
-- Each rank has its own slices, the same under every label, so no sample is drawn on two ranks.
{{ config(materialized='table') }}
with pool_members as (select * from {{ ref('pool_members') }})

select
    pool_members.pool,
    pool_members.label_id,
    main.slice_of(pool_members.shuffle_key) as slice,
    min(pool_members.member_id) as first_member_id,
    count(*) as member_count
from pool_members
group by pool_members.pool, pool_members.label_id, slice
order by pool_members.pool, pool_members.label_id, slice
