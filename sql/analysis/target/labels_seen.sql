-- One label of a pool in an epoch, over all ranks, with the batch that draws it first and the share
-- of labels drawn by then.
-- Batches are counted from 1. A label that is never drawn has no batch.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
--   world_size: Number of ranks.
--   hard: Ids of the hard negatives, the newest first.
-- Columns:
--   pool: 'strong_negative' or 'weak_negative'.
--   rank: Rank of the label by its sample count.
--   label_id: MID of the label, or 'other_rare'.
--   title: Name of the label.
--   tier: 'A' or 'B'.
--   first_batch: The batch that draws it first, from 1; null if none does.
--   batch_count: Batches of the epoch.
--   seen_label_count: How many labels of the pool are drawn by then.
--   seen_percentage: Their share of the labels, 0 to 100.
--   draw_count: How often the label is drawn.
--   expected_draw_count: How often its weight alone would draw it.
{{ config(
    materialized='table_function',
    parameters='seed := 0, epoch := 0, batch_size := 32, world_size := 1, hard := []'
) }}
with label_weights as (select * from {{ ref('label_weights') }}),

coverage as (
    select *
    from {{ ref('epoch_coverage') }}(seed, epoch, batch_size, world_size, hard)
),

epoch_slots as (
    select *
    from {{ ref('epoch_slots') }}(batch_size, world_size)
),

epoch as (
    select max(epoch_slots.step) + 1 as batch_count
    from epoch_slots
),

seen as (
    select
        coverage.*,
        case
            when coverage.first_step is not null
                then count(*) over (partition by coverage.pool order by coverage.first_step)
        end as seen_label_count,
        count(*) over (partition by coverage.pool) as label_count
    from coverage
)

select
    seen.pool,
    label_weights.rank,
    seen.label_id,
    label_weights.title,
    seen.tier,
    seen.first_step + 1 as first_batch,
    epoch.batch_count,
    seen.seen_label_count,
    100 * seen.seen_label_count / seen.label_count as seen_percentage,
    seen.draw_count,
    seen.expected_draw_count
from seen
inner join label_weights
    on seen.pool = label_weights.pool and seen.label_id = label_weights.label_id
cross join epoch
order by seen.pool asc, seen.first_step asc nulls last, label_weights.rank asc
