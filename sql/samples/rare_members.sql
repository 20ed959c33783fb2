-- One negative of the train split with a label that few samples carry. Such labels share one entry
-- of their pool, 'other_rare'.
-- Labels that are rare for all targets are rare for this one, since a target only excludes members.
{{ config(materialized='table') }}
with left_slices as (select * from {{ ref('left_slices') }}),

strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

rare_labels as (
    select
        left_slices.pool,
        left_slices.label_index
    from left_slices
    group by left_slices.pool, left_slices.label_index
    having sum(left_slices.member_count) < {{ samples.completion_rare_cutoff }}
),

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

rare_members as (
    select distinct
        members.pool,
        members.slice,
        members.sample_id
    from members
    semi join rare_labels
        on members.pool = rare_labels.pool and members.label_index = rare_labels.label_index
    anti join excluded_members
        on members.pool = excluded_members.pool and members.place = excluded_members.place
)

select
    rare_members.pool,
    cast(row_number() over (
        partition by rare_members.pool order by rare_members.slice, rare_members.sample_id
    ) - 1 as integer) as member_id,
    rare_members.slice,
    rare_members.sample_id
from rare_members
order by rare_members.pool, member_id
