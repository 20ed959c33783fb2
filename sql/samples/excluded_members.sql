-- One member of the shared pools that is not a negative of the target: a hole in their order.
{{ config(materialized='table') }}
with excluded_samples as (select * from {{ ref('excluded_samples') }}),

shared_members as (select * from {{ ref('shared_members') }})

select
    shared_members.pool,
    shared_members.label_index,
    shared_members.slice,
    shared_members.place,
    excluded_samples.reason,
    cast(row_number() over (
        partition by shared_members.pool order by shared_members.place
    ) - 1 as integer) as hole_number
from shared_members
inner join excluded_samples
    on
        shared_members.pool = excluded_samples.pool
        and shared_members.sample_id = excluded_samples.sample_id
order by shared_members.pool, shared_members.place
