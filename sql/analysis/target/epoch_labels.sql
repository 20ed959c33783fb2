-- One label of a pool in an epoch, as in labels_seen, with how far the epoch gets with all labels
-- of the pool.
-- Labels that have no weight of their own are left out.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
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
--   last_batch: The first batch by which all drawn labels of the pool are drawn.
--   unseen_label_count: How many labels of the pool are never drawn.
{{ config(materialized='table_function', parameters='seed := 0, epoch := 0, batch_size := 32') }}
with labels_seen as (
    select *
    from {{ ref('labels_seen') }}(seed := seed, epoch := epoch, batch_size := batch_size)
)

select
    labels_seen.*,
    max(labels_seen.first_batch) over (partition by labels_seen.pool) as last_batch,
    count(*) filter (where labels_seen.first_batch is null) over (
        partition by labels_seen.pool
    ) as unseen_label_count
from labels_seen
-- Labels of no weight are not drawn by weight, and have nothing to compare their draws with.
where labels_seen.expected_draw_count is not null
