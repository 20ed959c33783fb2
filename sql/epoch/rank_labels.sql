-- One label of a pool, with the members that a rank may draw. They have consecutive numbers.
-- Parameters:
--   world_size: Number of ranks.
-- Columns:
--   pool: 'strong_negative' or 'weak_negative'.
--   label_id: MID of the label, or 'other_rare'.
--   label_index: The label, as a column of the label mask; -1 of 'other_rare'.
--   on_rank: The rank.
--   first_member_id: The first of the members.
--   member_count: How many members there are.
--   weight: Weight of the label in its pool.
--   tier: 'A' or 'B'.
{{ config(materialized='table_function', parameters='world_size := 1') }}
with rare_members as (select * from {{ ref('rare_members') }}),

label_pools as (select * from {{ ref('label_pools') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

numbered as (
    select
        left_members.*,
        cast(sum(left_members.member_count) over (
            partition by left_members.pool
            order by left_members.label_index, left_members.on_rank
            rows between unbounded preceding and current row
        ) as bigint) - left_members.member_count as first_member_id
    from {{ ref('left_members') }}(world_size) as left_members
),

members as (
    select
        numbered.pool,
        mask_labels.label_id,
        numbered.label_index,
        numbered.on_rank,
        numbered.first_member_id,
        numbered.member_count
    from numbered
    inner join mask_labels on numbered.label_index = mask_labels.label_index
    where numbered.member_count > 0
    union all
    select
        rare_members.pool,
        'other_rare' as label_id,
        -1 as label_index,
        main.rank_of(rare_members.slice, world_size) as on_rank,
        min(rare_members.member_id) as first_member_id,
        count(*) as member_count
    from rare_members
    group by all
)

select
    members.pool,
    members.label_id,
    members.label_index,
    members.on_rank,
    members.first_member_id,
    members.member_count,
    label_pools.weight,
    label_pools.tier
from members
inner join label_pools
    on members.pool = label_pools.pool and members.label_id = label_pools.label_id
