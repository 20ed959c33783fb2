-- One slot of an epoch for a weak negative on one rank, with its label and a number in [0, 1) that
-- places its crop.
-- One hash gives both numbers. Its halves are independent.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
--   rank: The rank, from 0.
--   world_size: Number of ranks.
-- Columns:
--   step: Number of the batch, from 0.
--   slot: Number of the slot in the batch, from 0.
--   label_id: MID of the label.
--   crop: Number in [0, 1) that places the crop in the clip.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1'
) }}
with hashed as (
    select
        epoch_slots.step,
        epoch_slots.slot,
        md5_number(concat_ws(':', seed, epoch, 'weak', epoch_slots.draw_number)) as hash
    from {{ ref('epoch_slots') }}(batch_size, world_size) as epoch_slots
    where epoch_slots.draw = 'weak' and epoch_slots.on_rank = rank
),

numbers as (
    select
        hashed.step,
        hashed.slot,
        main.unit_number(hashed.hash >> 75) as number,
        main.guide_part(number) as part,
        main.unit_number(hashed.hash & main.unit_bits()) as crop
    from hashed
)

select
    numbers.step,
    numbers.slot,
    label_choices.label_id,
    numbers.crop
from numbers
inner join {{ ref('label_choices') }}(world_size) as label_choices
    on
        numbers.part = label_choices.part
        and numbers.number >= label_choices.lower_bound
        and numbers.number < label_choices.upper_bound
        and label_choices.draw = 'weak'
        and label_choices.on_rank = rank
