-- One slot of an epoch, on one rank.
-- An epoch has as many steps as it takes to use every positive once, the same on every rank.
{{ macro('batch_size, world_size := 1') }}
with positives as (
    select count(*) as samples
    from {{ ref('sample_spans') }} as sample_spans
    where sample_spans.role = 'positive' and sample_spans.split = 'train'
),

batch as (
    select count(*) as slots
    from {{ ref('batch_slots') }}(batch_size) as batch_slots
    where batch_slots.kind = 'positive'
),

steps as (
    select
        batch.slots * world_size as positives_a_step,
        unnest(range((positives.samples + positives_a_step - 1) // nullif(positives_a_step, 0)))
            as step
    from positives
    cross join batch
),

ranks as (select unnest(range(world_size)) as on_rank)

select
    steps.step,
    ranks.on_rank,
    batch_slots.slot,
    batch_slots.kind,
    -- The number of the slot among those of its kind: on its rank, and on all ranks.
    steps.step * batch_slots.kind_slots + batch_slots.kind_slot as turn,
    (steps.step * world_size + ranks.on_rank) * batch_slots.kind_slots + batch_slots.kind_slot
        as draw
from steps
cross join ranks
cross join {{ ref('batch_slots') }}(batch_size) as batch_slots
