-- One slot of an epoch, on every rank.
-- An epoch has as many steps as it takes to use every positive once, the same number on every rank.
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
with sample_spans as (select * from {{ ref('sample_spans') }}),

positives as (
    select count(*) as sample_count
    from sample_spans
    where sample_spans.role = 'positive' and sample_spans.split = 'train'
),

batch as (
    select count(*) as slot_count
    from {{ ref('batch_slots') }}(batch_size) as batch_slots
    where batch_slots.draw = 'positive'
),

steps as (
    select
        batch.slot_count * world_size as positives_a_step,
        unnest(range(
            (positives.sample_count + positives_a_step - 1) // nullif(positives_a_step, 0)
        )) as step
    from positives
    cross join batch
),

ranks as (select unnest(range(world_size)) as on_rank)

select
    steps.step,
    ranks.on_rank,
    batch_slots.slot,
    batch_slots.draw,
    -- The number of the slot among those of its draw: on its rank, and on all ranks.
    steps.step * batch_slots.draw_slot_count + batch_slots.draw_slot as turn,
    (steps.step * world_size + ranks.on_rank) * batch_slots.draw_slot_count
    + batch_slots.draw_slot as draw_number
from steps
cross join ranks
cross join {{ ref('batch_slots') }}(batch_size) as batch_slots
