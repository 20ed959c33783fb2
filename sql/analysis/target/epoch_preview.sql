-- One slot of a batch of an epoch, with the sample that it takes and the name of the label that the
-- sample is drawn by.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
-- Columns:
--   step: Number of the batch, from 0.
--   slot: Number of the slot in the batch, from 0.
--   draw: What it is drawn as: positive, weak_positive, tier_a, completion, hard, tier_b or weak.
--   label_id: MID of the label.
--   title: Unique name of the label.
--   sample_key: Key of the sample.
--   crop_start_seconds: Start of the crop of a weak clip, in seconds; null for a window.
{{ config(materialized='table_function', parameters='seed := 0, epoch := 0, batch_size := 32') }}
with samples as (select * from {{ ref('samples') }}),

labels as (select * from {{ ref('labels') }}),

epoch_plan as (
    select *
    from {{ ref('epoch_plan') }}(seed, epoch, batch_size)
)

select
    epoch_plan.step,
    epoch_plan.slot,
    epoch_plan.draw,
    epoch_plan.label_id,
    labels.title,
    samples.sample_key,
    epoch_plan.crop_start_seconds
from epoch_plan
inner join samples on epoch_plan.sample_id = samples.sample_id
-- The bucket of rare labels has no title.
left join labels on epoch_plan.label_id = labels.label_id
