-- One label of a pool, with the members that a rank may draw. They have consecutive numbers.
-- Parameters:
--   world_size: Number of ranks.
-- Columns:
--   pool: 'strong_negative' or 'weak_negative'.
--   label_id: MID of the label, or 'other_rare'.
--   on_rank: The rank.
--   first_member_id: The first of the members.
--   member_count: How many members there are.
--   weight: Weight of the label in its pool.
--   tier: 'A' or 'B'.
{{ config(materialized='table_function', parameters='world_size := 1') }}
with pool_slices as (select * from {{ ref('pool_slices') }}),

label_pools as (select * from {{ ref('label_pools') }}),

members as (
    select
        pool_slices.pool,
        pool_slices.label_id,
        main.rank_of(pool_slices.slice, world_size) as on_rank,
        min(pool_slices.first_member_id) as first_member_id,
        cast(sum(pool_slices.member_count) as bigint) as member_count
    from pool_slices
    group by all
)

select
    members.pool,
    members.label_id,
    members.on_rank,
    members.first_member_id,
    members.member_count,
    label_pools.weight,
    label_pools.tier
from members
inner join label_pools
    on members.pool = label_pools.pool and members.label_id = label_pools.label_id
