-- A member of 'other_rare' that is not in its place, or not in the slice of its sample.
with rare_members as (select * from {{ ref('rare_members') }}),

shared_members as (select * from {{ ref('shared_members') }}),

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
anti join shared_members
    on
        numbered.pool = shared_members.pool
        and numbered.slice = shared_members.slice
        and numbered.sample_id = shared_members.sample_id
        and numbered.member_id = numbered.expected_member_id
