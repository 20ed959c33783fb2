-- One slice of a pool under one label, with the number of members that the target leaves.
with strong_slices as (select * from {{ ref('strong_slices') }}),

weak_slices as (select * from {{ ref('weak_slices') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

slices as (
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

holes as (
    select
        excluded_members.pool,
        excluded_members.label_index,
        excluded_members.slice,
        count(*) as hole_count
    from excluded_members
    group by excluded_members.pool, excluded_members.label_index, excluded_members.slice
)

select
    slices.pool,
    slices.label_index,
    slices.slice,
    slices.member_count - coalesce(holes.hole_count, 0) as member_count
from slices
left join holes
    on
        slices.pool = holes.pool
        and slices.label_index = holes.label_index
        and slices.slice = holes.slice
