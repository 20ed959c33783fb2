-- One label of a pool that is drawn by its weight, in an epoch, as labels_seen has it, with how far
-- the epoch gets with all labels of its pool.
-- Parameters: seed and epoch, from 0; batch_size, the samples of a batch.
-- Columns: those of labels_seen; last_batch, the batch that is the first to hold the last label of
-- the pool; unseen_label_count, how many labels of the pool the epoch never draws.
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
