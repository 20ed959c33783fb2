-- One slot of a batch of an epoch on one rank: which sample it takes, and why.
-- The plan is a function of the catalog and the parameters alone. A crop of a weak clip starts at a
-- whole millisecond.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
--   rank: The rank, from 0.
--   world_size: Number of ranks.
--   hard: Ids of the hard negatives, the newest first.
-- Columns:
--   step: Number of the batch, from 0.
--   slot: Number of the slot in the batch, from 0.
--   sample_id: The sample.
--   draw: What it is drawn as: positive, weak_positive, tier_a, completion, hard, tier_b or weak.
--   label_id: MID of the label that it is drawn by; null for a weak positive.
--   crop_start_seconds: Start of the crop of a weak clip, in seconds from the start of its audio;
--     null for a window.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1, hard := []'
) }}
with weak_samples as (select * from {{ ref('weak_samples') }}),

draws as (
    select *
    from {{ ref('positive_draws') }}(seed, epoch, batch_size, rank, world_size)
    union all by name
    select *
    from {{ ref('negative_samples') }}(seed, epoch, batch_size, rank, world_size, hard)
)

select
    draws.step,
    draws.slot,
    cast(draws.sample_id as bigint) as sample_id,
    draws.draw,
    draws.label_id,
    -- Only weak clips are among weak_samples: a window has no crop.
    case
        when weak_samples.clip_number is not null
            then main.seconds(floor(
                draws.crop
                * (greatest(0, main.milliseconds(weak_samples.seconds) - {{ window_ms }}) + 1)
            ))
    end as crop_start_seconds
from draws
left join weak_samples on draws.sample_id = weak_samples.clip_number
order by draws.step, draws.slot
