-- One slot of an epoch that draws a label by chance, with the label, or with the hard negative that
-- takes it: tier_a and hard on all ranks, weak on one rank.
-- Each hard negative takes one slot, the newest first, on the rank that its slice belongs to. Slots
-- that are left draw a label of tier B. Completion slots are not among these rows, since they
-- depend on them. One hash gives the number that draws the label and the one that places the crop:
-- its halves are independent.
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
--   draw: tier_a, tier_b, hard or weak.
--   label_id: MID of the label.
--   label_index: Its column of the label mask; -1 of 'other_rare', null of a hard negative.
--   first_member_id: The first of the members that the rank may draw under the label.
--   member_count: How many members there are.
--   sample_id: The hard negative, or null.
--   crop: Number in [0, 1) that places the crop in a weak clip.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1, hard := []'
) }}
with epoch_slots as (
    select * from {{ ref('epoch_slots') }}(batch_size, world_size)
    where draw in ('tier_a', 'hard') or (draw = 'weak' and on_rank = coalesce(rank, on_rank))
),

draws as (
    select
        epoch_slots.step,
        epoch_slots.on_rank,
        epoch_slots.slot,
        epoch_slots.draw_number,
        epoch_slots.draw,
        null as sample_id,
        null as hard_label_id
    from epoch_slots
    where epoch_slots.draw <> 'hard'
    union all
    select
        epoch_slots.step,
        epoch_slots.on_rank,
        epoch_slots.slot,
        epoch_slots.draw_number,
        case when queued.sample_id is null then 'tier_b' else 'hard' end as draw,
        queued.sample_id,
        queued.label_id as hard_label_id
    from epoch_slots
    left join {{ ref('hard_queue') }}(world_size, hard) as queued
        on epoch_slots.on_rank = queued.on_rank and epoch_slots.turn = queued.turn
    where epoch_slots.draw = 'hard'
),

hashed as (
    select
        draws.*,
        md5_number(concat_ws(':', seed, epoch, draws.draw, draws.draw_number)) as hash
    from draws
),

numbers as (
    select
        hashed.*,
        main.unit_number(hashed.hash >> 75) as number,
        main.guide_part(number) as part,
        main.unit_number(hashed.hash & main.unit_bits()) as crop
    from hashed
)

select
    numbers.step,
    numbers.on_rank,
    numbers.slot,
    numbers.draw,
    coalesce(numbers.hard_label_id, label_choices.label_id) as label_id,
    label_choices.label_index,
    label_choices.first_member_id,
    label_choices.member_count,
    numbers.sample_id,
    numbers.crop
from numbers
left join {{ ref('label_choices') }}(world_size) as label_choices
    on
        numbers.on_rank = label_choices.on_rank
        and numbers.draw = label_choices.draw
        and numbers.part = label_choices.part
        and numbers.number >= label_choices.lower_bound
        and numbers.number < label_choices.upper_bound
