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
--   draw: What it is drawn as: positive, tier_a, completion, hard, tier_b or weak.
--   label_id: MID of the label that it is drawn by.
--   crop_start_seconds: Start of the crop of a weak clip, in seconds from the start of its audio;
--     null for a window.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1, hard := []'
) }}
with pool_members as (select * from {{ ref('pool_members') }}),

sample_spans as (select * from {{ ref('sample_spans') }}),

negative_draws as materialized (
    select *
    from {{ ref('negative_draws') }}(seed, epoch, batch_size, rank, world_size, hard)
),

negatives as (
    select
        negative_draws.* exclude (sample_id),
        pool_members.sample_id,
        case when negative_draws.draw = 'weak' then pool_members.crop_ms end as crop_ms
    from negative_draws
    inner join pool_members
        on negative_draws.member_id = pool_members.member_id
    union all
    select
        negative_draws.* exclude (sample_id),
        negative_draws.sample_id,
        case
            when sample_spans.role = 'weak_negative'
                then cast(
                    greatest(0, sample_spans.end_seconds - {{ target.window_seconds }}) * 1000
                    as integer
                )
        end as crop_ms
    from negative_draws
    inner join sample_spans
        on negative_draws.sample_id = sample_spans.sample_id
)

select
    positive_draws.step,
    positive_draws.slot,
    positive_draws.sample_id,
    'positive' as draw,
    positive_draws.label_id,
    cast(null as decimal(9, 3)) as crop_start_seconds
from {{ ref('positive_draws') }}(seed, epoch, batch_size, rank, world_size) as positive_draws
union all
select
    negatives.step,
    negatives.slot,
    negatives.sample_id,
    negatives.draw,
    negatives.label_id,
    cast(floor(negatives.crop * (negatives.crop_ms + 1)) / 1000 as decimal(9, 3))
        as crop_start_seconds
from negatives
order by step, slot
