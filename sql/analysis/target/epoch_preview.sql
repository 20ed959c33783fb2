-- One slot of a batch of an epoch, with the sample that it takes and the title of the label that
-- the sample is drawn for.
-- Parameters: those of epoch_plan. seed and epoch, from 0; batch_size, the samples of a batch.
-- Columns: step and slot, from 0; draw, what the slot is drawn as; label_id and title of the label;
-- sample_key; crop_start_seconds, where the random crop of a weak clip starts, null for a window.
{{ config(materialized='table_function', parameters='seed := 0, epoch := 0, batch_size := 32') }}
with epoch_plan as (
    select *
    from {{ ref('epoch_plan') }}(seed, epoch, batch_size)
),

samples as (select * from {{ ref('samples') }}),

labels as (select * from {{ ref('labels') }})

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
