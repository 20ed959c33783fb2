-- A slice of a pool that all targets share, under one label, that does not have as many members as
-- it should, or whose members are not in consecutive places after those of the slice before.
with strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }}),

strong_slices as (select * from {{ ref('strong_slices') }}),

weak_slices as (select * from {{ ref('weak_slices') }}),

members as (
    select
        'strong_negative' as pool,
        strong_members.*
    from strong_members
    union all
    select
        'weak_negative' as pool,
        weak_members.*
    from weak_members
),

listed as (
    select
        'strong_negative' as pool,
        strong_slices.*
    from strong_slices
    union all
    select
        'weak_negative' as pool,
        weak_slices.*
    from weak_slices
),

slices as (
    select
        listed.pool,
        listed.label_index,
        listed.slice,
        sum(listed.member_count) as member_count
    from listed
    group by listed.pool, listed.label_index, listed.slice
),

counted as (
    select
        members.pool,
        members.label_index,
        members.slice,
        count(*) as member_count,
        min(members.place) as first_place,
        max(members.place) as last_place
    from members
    group by members.pool, members.label_index, members.slice
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
