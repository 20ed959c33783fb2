-- One negative of the train split, under one label that it is drawn by.
-- A strong negative is drawn by the label of its event, a weak negative by each label of its clip.
-- Members of a label, and those of 'other_rare', have consecutive numbers.
with strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

rare_members as (select * from {{ ref('rare_members') }}),

label_pools as (select * from {{ ref('label_pools') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

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

remaining as (
    select
        members.pool,
        members.label_index,
        row_number() over (partition by members.pool order by members.place) - 1 as member_id,
        members.sample_id
    from members
    anti join excluded_members
        on members.pool = excluded_members.pool and members.place = excluded_members.place
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
