-- A slice of a pool that all targets share, under one label, that does not have as many members as
-- it should, or whose members are not in consecutive places after those of the slice before.
with shared_members as (select * from {{ ref('shared_members') }}),

shared_slices as (select * from {{ ref('shared_slices') }}),

slices as (
    select
        shared_slices.pool,
        shared_slices.label_index,
        shared_slices.slice,
        sum(shared_slices.member_count) as member_count
    from shared_slices
    group by shared_slices.pool, shared_slices.label_index, shared_slices.slice
),

counted as (
    select
        shared_members.pool,
        shared_members.label_index,
        shared_members.slice,
        count(*) as member_count,
        min(shared_members.place) as first_place,
        max(shared_members.place) as last_place
    from shared_members
    group by shared_members.pool, shared_members.label_index, shared_members.slice
),

placed as (
    select
        counted.*,
        sum(counted.member_count) over (
            partition by counted.pool
            order by counted.label_index, counted.slice
            rows between unbounded preceding and current row
        ) - counted.member_count as expected_first_place
    from counted
)

select
    coalesce(placed.pool, slices.pool) as pool,
    coalesce(placed.label_index, slices.label_index) as label_index,
    coalesce(placed.slice, slices.slice) as slice,
    placed.member_count,
    slices.member_count as expected_member_count,
    placed.first_place,
    placed.expected_first_place
from placed
full join slices
    on
        placed.pool = slices.pool
        and placed.label_index = slices.label_index
        and placed.slice = slices.slice
where
    placed.member_count is distinct from slices.member_count
    or placed.first_place <> placed.expected_first_place
    or placed.last_place <> placed.expected_first_place + placed.member_count - 1
order by pool, label_index, slice
