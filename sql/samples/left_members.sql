-- One label of a pool on one rank, with the number of members that the target leaves. With 1,024
-- ranks, each has one slice.
-- Parameters:
--   world_size: Number of ranks.
-- Columns:
--   pool: 'strong_negative' or 'weak_negative'.
--   label_index: The label, as a column of the label mask.
--   on_rank: The rank.
--   member_count: How many members are left.
{{ config(materialized='table_function', parameters='world_size := 1') }}
with shared_slices as (select * from {{ ref('shared_slices') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

shared as (
    select
        shared_slices.pool,
        shared_slices.label_index,
        main.rank_of(shared_slices.slice, world_size) as on_rank,
        sum(shared_slices.member_count) as member_count
    from shared_slices
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
)

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
