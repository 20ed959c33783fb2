-- A member of 'other_rare' that is not in its place, or not in the slice of its sample.
with rare_members as (select * from {{ ref('rare_members') }}),

strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }}),

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

numbered as (
    select
        rare_members.*,
        row_number() over (
            partition by rare_members.pool order by rare_members.slice, rare_members.sample_id
        ) - 1 as expected_member_id
    from rare_members
)

select
    numbered.pool,
    numbered.member_id,
    numbered.expected_member_id,
    numbered.sample_id
from numbered
anti join members
    on
        numbered.pool = members.pool
        and numbered.slice = members.slice
        and numbered.sample_id = members.sample_id
        and numbered.member_id = numbered.expected_member_id
