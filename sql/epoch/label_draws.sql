-- One slot of tier_a or hard of an epoch, with the label that is drawn for it or the hard negative
-- that takes it.
-- Each hard negative takes one slot, the newest first, on the rank that its slice belongs to. Slots
-- that are left draw a label of tier B. Completion slots are not among these rows, since they
-- depend on them.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
--   world_size: Number of ranks.
--   hard: Ids of the hard negatives, the newest first.
-- Columns:
--   step: Number of the batch, from 0.
--   on_rank: The rank.
--   slot: Number of the slot in the batch, from 0.
--   draw: tier_a, tier_b or hard.
--   label_id: MID of the label.
--   sample_id: The hard negative, or null.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, world_size := 1, hard := []'
) }}
with sample_spans as (select * from {{ ref('sample_spans') }}),

epoch_slots as (
    select * from {{ ref('epoch_slots') }}(batch_size, world_size)
    where draw in ('tier_a', 'hard')
),

hard_ids as (
    select
        unnest(hard) as sample_id,
        generate_subscripts(hard, 1) as age
),

hard_samples as (
    select
        sample_spans.sample_id,
        sample_spans.label_id,
        min(hard_ids.age) as age,
        main.rank_of(main.slice_of(sample_spans.shuffle_key), world_size) as on_rank
    from hard_ids
    inner join sample_spans
        on hard_ids.sample_id = sample_spans.sample_id
    group by all
),

queued as (
    select
        hard_samples.*,
        row_number() over (partition by hard_samples.on_rank order by hard_samples.age) - 1 as turn
    from hard_samples
),

draws as (
    select
        epoch_slots.step,
        epoch_slots.on_rank,
        epoch_slots.slot,
        epoch_slots.draw_number,
        queued.sample_id,
        queued.label_id as hard_label_id,
        case
            when epoch_slots.draw = 'tier_a' then 'tier_a'
            when queued.sample_id is not null then 'hard'
            else 'tier_b'
        end as draw
    from epoch_slots
    left join queued
        on
            epoch_slots.draw = 'hard'
            and epoch_slots.on_rank = queued.on_rank
            and epoch_slots.turn = queued.turn
),

numbers as (
    select
        draws.*,
        main.uniform(concat_ws(':', seed, epoch), draws.draw, draws.draw_number) as number,
        main.guide_part(number) as part
    from draws
)

select
    numbers.step,
    numbers.on_rank,
    numbers.slot,
    numbers.draw,
    coalesce(numbers.hard_label_id, label_choices.label_id) as label_id,
    numbers.sample_id
from numbers
left join {{ ref('label_choices') }}(world_size) as label_choices
    on
        numbers.on_rank = label_choices.on_rank
        and numbers.draw = label_choices.draw
        and numbers.part = label_choices.part
        and numbers.number >= label_choices.lower_bound
        and numbers.number < label_choices.upper_bound
