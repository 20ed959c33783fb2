-- One slot of an epoch for a positive on one rank, with the sample that takes it.
-- Positives are shuffled and dealt to the ranks like cards. A rank that has used all of its own
-- starts again with its first.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
--   rank: The rank, from 0.
--   world_size: Number of ranks.
-- Columns:
--   step: Number of the batch, from 0.
--   slot: Number of the slot in the batch, from 0.
--   sample_id: The sample.
--   label_id: MID of its label.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1'
) }}
with sample_spans as (select * from {{ ref('sample_spans') }}),

shuffled as (
    select
        sample_spans.sample_id,
        sample_spans.label_id,
        row_number() over (
            order by
                main.uniform(concat_ws(':', seed, epoch), 'positive', sample_spans.sample_id),
                sample_spans.sample_id
        ) - 1 as place
    from sample_spans
    where sample_spans.role = 'positive' and sample_spans.split = 'train'
),

own as (
    select
        shuffled.sample_id,
        shuffled.label_id,
        shuffled.place // world_size as turn
    from shuffled
    where shuffled.place % world_size = rank
),

slots as (
    select
        epoch_slots.step,
        epoch_slots.slot,
        epoch_slots.turn % (select count(*) from own) as turn
    from {{ ref('epoch_slots') }}(batch_size, world_size) as epoch_slots
    where epoch_slots.draw = 'positive' and epoch_slots.on_rank = rank
)

select
    slots.step,
    slots.slot,
    own.sample_id,
    own.label_id
from slots
inner join own on slots.turn = own.turn
