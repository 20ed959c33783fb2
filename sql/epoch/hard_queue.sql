-- One hard negative of an epoch, with its turn on the rank that its slice belongs to: the newest
-- has the first.
-- Parameters:
--   world_size: Number of ranks.
--   hard: Ids of the hard negatives, the newest first.
-- Columns:
--   on_rank: The rank.
--   turn: Its number among the hard negatives of the rank, from 0.
--   sample_id: The sample.
--   label_id: MID of the label of its event; null for a weak clip.
{{ config(materialized='table_function', parameters='world_size := 1, hard := []') }}
with strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

hard_ids as (
    select
        unnest(hard) as sample_id,
        generate_subscripts(hard, 1) as age
),

members as (
    select
        'strong_negative' as pool,
        strong_members.*
    from strong_members
    semi join hard_ids on strong_members.sample_id = hard_ids.sample_id
    union all
    -- A clip has no label of its own.
    select
        'weak_negative' as pool,
        weak_members.* replace (null as label_index)
    from weak_members
    semi join hard_ids on weak_members.sample_id = hard_ids.sample_id
),

negatives as (
    select distinct
        members.sample_id,
        members.label_index,
        members.slice
    from members
    anti join excluded_members
        on members.pool = excluded_members.pool and members.place = excluded_members.place
),

hard_samples as (
    select
        negatives.sample_id,
        mask_labels.label_id,
        min(hard_ids.age) as age,
        main.rank_of(negatives.slice, world_size) as on_rank
    from hard_ids
    inner join negatives on hard_ids.sample_id = negatives.sample_id
    left join mask_labels on negatives.label_index = mask_labels.label_index
    group by all
)

select
    hard_samples.on_rank,
    row_number() over (partition by hard_samples.on_rank order by hard_samples.age) - 1 as turn,
    hard_samples.sample_id,
    hard_samples.label_id
from hard_samples
