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
with strong_slices as (select * from {{ ref('strong_slices') }}),

weak_slices as (select * from {{ ref('weak_slices') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

rare_members as (select * from {{ ref('rare_members') }}),

label_pools as (select * from {{ ref('label_pools') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

shared as (
    select
        'strong_negative' as pool,
        strong_slices.label_index,
        main.rank_of(strong_slices.slice, world_size) as on_rank,
        sum(strong_slices.member_count) as member_count
    from strong_slices
    group by all
    union all
    select
        'weak_negative' as pool,
        weak_slices.label_index,
        main.rank_of(weak_slices.slice, world_size) as on_rank,
        sum(weak_slices.member_count) as member_count
    from weak_slices
    group by all
),

holes as (
    select
        excluded_members.pool,
        excluded_members.label_index,
        main.rank_of(excluded_members.slice, world_size) as on_rank,
        count(*) as hole_count
    from excluded_members
    group by all
),

counted as (
    select
        shared.pool,
        shared.label_index,
        shared.on_rank,
        cast(shared.member_count - coalesce(holes.hole_count, 0) as bigint) as member_count
    from shared
    left join holes
        on
            shared.pool = holes.pool
            and shared.label_index = holes.label_index
            and shared.on_rank = holes.on_rank
),

numbered as (
    select
        counted.*,
        cast(sum(counted.member_count) over (
            partition by counted.pool
            order by counted.label_index, counted.on_rank
            rows between unbounded preceding and current row
        ) as bigint) - counted.member_count as first_member_id
    from counted
),

members as (
    select
        numbered.pool,
        mask_labels.label_id,
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
        main.rank_of(rare_members.slice, world_size) as on_rank,
        min(rare_members.member_id) as first_member_id,
        count(*) as member_count
    from rare_members
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
