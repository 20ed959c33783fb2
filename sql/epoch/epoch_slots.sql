-- One slot of an epoch, on every rank.
-- An epoch has as many steps as it takes to use every positive once, the same number on every rank.
-- If the target has no strong positives, it is every weak positive.
-- Parameters:
--   batch_size: Samples in a batch, on one rank.
--   world_size: Number of ranks.
-- Columns:
--   step: Number of the batch, from 0.
--   on_rank: The rank.
--   slot: Number of the slot in the batch, from 0.
--   draw: What it is drawn as, from batch_slots.
--   turn: Number of the slot among those of its draw on its rank.
--   draw_number: Number of the slot among those of its draw on all ranks.
{{ config(materialized='table_function', parameters='batch_size, world_size := 1') }}
with positive_samples as (select * from {{ ref('positive_samples') }}),

weak_positive_samples as (select * from {{ ref('weak_positive_samples') }}),

batch_slots as (select * from {{ ref('batch_slots') }}(batch_size)),

-- Of a target without strong positives, no slot is drawn as a positive.
counts as (
    select
        'positive' as draw,
        count(*) as sample_count
    from positive_samples
    where main.split_of(positive_samples.subset) = 'train'
    union all
    select
        'weak_positive' as draw,
        count(*) as sample_count
    from weak_positive_samples
    where
        main.split_of(weak_positive_samples.subset) = 'train'
        and weak_positive_samples.reason is null
        and 'positive' not in (select batch_slots.draw from batch_slots)
),

batch as (
    select
        batch_slots.draw,
        count(*) as slot_count
    from batch_slots
    group by batch_slots.draw
),

lengths as (
    select
        batch.slot_count * world_size as slots_a_step,
        unnest(range((counts.sample_count + slots_a_step - 1) // slots_a_step)) as step
    from batch
    inner join counts on batch.draw = counts.draw and counts.sample_count > 0
),

ranks as (select unnest(range(world_size)) as on_rank)

select
    lengths.step,
    ranks.on_rank,
    batch_slots.slot,
    batch_slots.draw,
    -- The number of the slot among those of its draw: on its rank, and on all ranks.
    lengths.step * batch_slots.draw_slot_count + batch_slots.draw_slot as turn,
    (lengths.step * world_size + ranks.on_rank) * batch_slots.draw_slot_count
    + batch_slots.draw_slot as draw_number
from lengths
cross join ranks
cross join batch_slots
