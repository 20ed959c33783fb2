-- One negative of the train split with a label that few samples carry. Such labels share one entry
-- of their pool, 'other_rare'.
-- Labels that are rare for all targets are rare for this one, since a target only excludes members.
{{ config(materialized='table') }}
with shared_members as (select * from {{ ref('shared_members') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

rare_labels as (
    select
        left_members.pool,
        left_members.label_index
    from {{ ref('left_members') }}(1) as left_members
    where left_members.member_count < {{ samples.completion_rare_cutoff }}
),

rare_members as (
    select distinct
        shared_members.pool,
        shared_members.slice,
        shared_members.sample_id
    from shared_members
    semi join rare_labels
        on
            shared_members.pool = rare_labels.pool
            and shared_members.label_index = rare_labels.label_index
    anti join excluded_members
        on
            shared_members.pool = excluded_members.pool
            and shared_members.place = excluded_members.place
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
