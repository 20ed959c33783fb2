-- A hole in a pool that is not a member of an excluded clip, or has not the number, label, slice or
-- reason that follow from it.
with excluded_members as (select * from {{ ref('excluded_members') }}),

excluded_samples as (select * from {{ ref('excluded_samples') }}),

shared_members as (select * from {{ ref('shared_members') }}),

numbered as (
    select
        excluded_members.*,
        row_number() over (
            partition by excluded_members.pool order by excluded_members.place
        ) - 1 as expected_hole_number
    from excluded_members
)

select
    numbered.pool,
    numbered.place,
    numbered.hole_number,
    numbered.expected_hole_number
from numbered
left join shared_members
    on numbered.pool = shared_members.pool and numbered.place = shared_members.place
left join excluded_samples
    on
        shared_members.pool = excluded_samples.pool
        and shared_members.sample_id = excluded_samples.sample_id
where
    numbered.hole_number <> numbered.expected_hole_number
    or numbered.label_index is distinct from shared_members.label_index
    or numbered.slice is distinct from shared_members.slice
    or numbered.reason is distinct from excluded_samples.reason
order by numbered.pool, numbered.place
