-- One step in the order of a pool: from this member on, up to the next step, a member that the
-- target leaves is at the place of its number plus the shift.
-- Members that are left are numbered without the holes, in the order of their places. If e is the
-- place of hole number i, then e - i members are left before it. So member k is behind all holes
-- with e - i <= k.
{{ config(materialized='table') }}
with excluded_members as (select * from {{ ref('excluded_members') }})

select
    excluded_members.pool,
    excluded_members.place - excluded_members.hole_number as first_member_id,
    max(excluded_members.hole_number) + 1 as shift
from excluded_members
group by excluded_members.pool, first_member_id
order by excluded_members.pool, first_member_id
