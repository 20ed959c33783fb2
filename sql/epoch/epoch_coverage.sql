-- One label of a pool in an epoch, over all ranks: when it is drawn first, and how often, against
-- how often its weight alone would draw it.
-- Strong negatives are also drawn with equal chances and to complete the labels, so rare labels are
-- drawn more often than their weight says.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
--   world_size: Number of ranks.
--   hard: Ids of the hard negatives, the newest first.
-- Columns:
--   pool: 'strong_negative' or 'weak_negative'.
--   label_id: MID of the label, or 'other_rare'.
--   tier: 'A' or 'B'.
--   first_step: The batch that draws it first, from 0; null if none does.
--   draw_count: How often it is drawn.
--   expected_draw_count: How often its weight alone would draw it.
{{ config(
    materialized='table_function',
    parameters='seed := 0, epoch := 0, batch_size := 32, world_size := 1, hard := []'
) }}
with label_pools as (select * from {{ ref('label_pools') }}),

draws as (
    select
        case negative_labels.draw when 'weak' then 'weak_negative' else 'strong_negative' end
            as pool,
        negative_labels.label_id,
        negative_labels.step
    from
        {{ ref('negative_labels') }}(seed, epoch, batch_size, null, world_size, hard)
            as negative_labels
    where negative_labels.draw <> 'hard'
),

counted as (
    select
        draws.pool,
        draws.label_id,
        min(draws.step) as first_step,
        count(*) as draw_count
    from draws
    group by draws.pool, draws.label_id
)

select
    label_pools.pool,
    label_pools.label_id,
    label_pools.tier,
    counted.first_step,
    coalesce(counted.draw_count, 0) as draw_count,
    label_pools.weight * sum(counted.draw_count) over (partition by label_pools.pool)
        as expected_draw_count
from label_pools
left join counted
    on label_pools.pool = counted.pool and label_pools.label_id = counted.label_id
order by label_pools.pool asc, counted.first_step asc nulls last, label_pools.label_id asc
