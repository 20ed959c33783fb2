-- One label of a pool in an epoch, on all ranks, with its name: in which batch it is seen first,
-- how many labels of the pool are seen by then, how often it is drawn, and how often its weight
-- alone would have it drawn.
-- Batches are counted from 1. What is never seen has no batch.
{{ config(
    materialized='table_function',
    parameters='seed := 0, epoch := 0, batch_size := 32, world_size := 1, hard := []'
) }}
with coverage as (
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
inner join {{ ref('label_weights') }} as label_weights
    on seen.pool = label_weights.pool and seen.label_id = label_weights.label_id
cross join epoch
order by seen.pool asc, seen.first_step asc nulls last, label_weights.rank asc
