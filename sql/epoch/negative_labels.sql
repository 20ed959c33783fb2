-- One slot of an epoch for a negative, with its label: those of label_draws, and completion slots.
-- Completion slots go through the labels of the strong pool. On each rank, the labels that this
-- rank has to complete come first, and of these the labels that the other draws reach late or
-- never. So a slot takes a label that the epoch has not had yet, until it has had all.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
--   rank: The rank whose weak negatives are drawn, from 0; null: all.
--   world_size: Number of ranks.
--   hard: Ids of the hard negatives, the newest first.
-- Columns:
--   step: Number of the batch, from 0.
--   on_rank: The rank.
--   slot: Number of the slot in the batch, from 0.
--   draw: tier_a, tier_b, completion, hard or weak.
--   label_id: MID of the label.
--   label_index: Its column of the label mask; -1 of 'other_rare', null of a hard negative.
--   first_member_id: The first of the members that the rank may draw under the label.
--   member_count: How many members there are.
--   sample_id: The hard negative, or null.
--   crop: Number in [0, 1) that places the crop in a weak clip; null for a completion slot.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1, hard := []'
) }}
with label_pools as (select * from {{ ref('label_pools') }}),

label_draws as materialized (
    select *
    from {{ ref('label_draws') }}(seed, epoch, batch_size, rank, world_size, hard)
),

completion_slots as (
    select *
    from {{ ref('epoch_slots') }}(batch_size, world_size)
    where draw = 'completion'
),

rank_labels as (
    select
        rank_labels.*,
        main.uniform(
            concat_ws(':', seed, epoch), 'completion',
            concat_ws(':', rank_labels.label_id, rank_labels.on_rank)
        ) as lot
    from {{ ref('rank_labels') }}(world_size) as rank_labels
    where rank_labels.pool = 'strong_negative'
),

first_draws as (
    select
        coalesce(label_pools.label_id, 'other_rare') as label_id,
        min(label_draws.step) as step
    from label_draws
    left join label_pools
        on label_draws.label_id = label_pools.label_id and label_pools.pool = 'strong_negative'
    where label_draws.label_id is not null and label_draws.draw <> 'weak'
    group by all
),

homes as (
    select
        rank_labels.label_id,
        arg_min(rank_labels.on_rank, rank_labels.lot) as on_rank
    from rank_labels
    group by rank_labels.label_id
),

queue as (
    select
        rank_labels.on_rank,
        rank_labels.label_id,
        rank_labels.label_index,
        rank_labels.first_member_id,
        rank_labels.member_count,
        row_number() over (
            partition by rank_labels.on_rank
            order by
                rank_labels.on_rank = homes.on_rank desc,
                first_draws.step desc nulls first,
                rank_labels.lot asc,
                rank_labels.label_id asc
        ) - 1 as turn
    from rank_labels
    inner join homes on rank_labels.label_id = homes.label_id
    left join first_draws on rank_labels.label_id = first_draws.label_id
),

lengths as (
    select
        queue.on_rank,
        count(*) as label_count
    from queue
    group by queue.on_rank
),

turns as (
    select
        completion_slots.*,
        completion_slots.turn % lengths.label_count as queue_turn
    from completion_slots
    inner join lengths on completion_slots.on_rank = lengths.on_rank
)

select * from label_draws
union all by name
select
    turns.step,
    turns.on_rank,
    turns.slot,
    'completion' as draw,
    queue.label_id,
    queue.label_index,
    queue.first_member_id,
    queue.member_count
from turns
inner join queue on turns.on_rank = queue.on_rank and turns.queue_turn = queue.turn
