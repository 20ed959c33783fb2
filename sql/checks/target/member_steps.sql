-- A step of member_shifts that does not lead from a member to its place, that is missing, or that
-- is there twice. The shift of a member is the number of holes before it.
with excluded_members as (select * from {{ ref('excluded_members') }}),

member_shifts as (select * from {{ ref('member_shifts') }}),

steps as (
    select
        member_shifts.pool,
        member_shifts.first_member_id,
        member_shifts.shift,
        count(*) as step_count
    from member_shifts
    group by member_shifts.pool, member_shifts.first_member_id, member_shifts.shift
),

-- A hole after which a member is left.
ends as (
    select
        excluded_members.pool,
        excluded_members.place,
        excluded_members.hole_number
    from excluded_members
    qualify
        coalesce(
            lead(excluded_members.place) over (
                partition by excluded_members.pool order by excluded_members.place
            ) > excluded_members.place + 1,
            true
        )
)

select
    coalesce(steps.pool, ends.pool) as pool,
    steps.first_member_id,
    steps.shift,
    ends.hole_number + 1 as expected_shift
from steps
full join ends
    on
        steps.pool = ends.pool
        and steps.first_member_id + steps.shift = ends.place + 1
where steps.shift is distinct from ends.hole_number + 1 or steps.step_count > 1
