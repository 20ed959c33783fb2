-- One negative of the train split, under one label that it is drawn by.
-- A strong negative is drawn by the label of its event, a weak negative by each label of its clip.
-- Members of a label, and those of 'other_rare', have consecutive numbers.
with shared_members as (select * from {{ ref('shared_members') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

rare_members as (select * from {{ ref('rare_members') }}),

label_pools as (select * from {{ ref('label_pools') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

remaining as (
    select
        shared_members.pool,
        shared_members.label_index,
        row_number() over (
            partition by shared_members.pool order by shared_members.place
        ) - 1 as member_id,
        shared_members.sample_id
    from shared_members
    anti join excluded_members
        on
            shared_members.pool = excluded_members.pool
            and shared_members.place = excluded_members.place
)

select
    remaining.pool,
    mask_labels.label_id,
    remaining.member_id,
    remaining.sample_id
from remaining
inner join mask_labels on remaining.label_index = mask_labels.label_index
semi join label_pools
    on remaining.pool = label_pools.pool and mask_labels.label_id = label_pools.label_id
union all
select
    rare_members.pool,
    'other_rare' as label_id,
    rare_members.member_id,
    rare_members.sample_id
from rare_members
