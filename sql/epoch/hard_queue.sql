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
with shared_members as (select * from {{ ref('shared_members') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

hard_ids as (
    select
        unnest(hard) as sample_id,
        generate_subscripts(hard, 1) as age
),

negatives as (
    select distinct
        shared_members.sample_id,
        shared_members.slice,
        -- A clip has no label of its own.
        case shared_members.pool when 'strong_negative' then shared_members.label_index end
            as label_index
    from shared_members
    semi join hard_ids on shared_members.sample_id = hard_ids.sample_id
    anti join excluded_members
        on
            shared_members.pool = excluded_members.pool
            and shared_members.place = excluded_members.place
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
