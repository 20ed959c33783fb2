-- One slot of an epoch for a positive or weak positive on one rank, with the sample that takes it.
-- The samples are shuffled and dealt to the ranks like cards. A rank that has used all of its own
-- starts again with its first.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
--   rank: The rank, from 0.
--   world_size: Number of ranks.
-- Columns:
--   step: Number of the batch, from 0.
--   slot: Number of the slot in the batch, from 0.
--   draw: positive or weak_positive.
--   sample_id: The sample.
--   label_id: MID of the label of its event; null for a weak positive.
--   crop: Number in [0, 1) that places the crop in a weak clip; null for a positive.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1'
) }}
with positive_samples as (select * from {{ ref('positive_samples') }}),

weak_positive_samples as (select * from {{ ref('weak_positive_samples') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

slots as (
    select
        *,
        case
            when draw = 'weak_positive'
                then main.uniform(concat_ws(':', seed, epoch), 'weak_positive crop', draw_number)
        end as crop
    from {{ ref('epoch_slots') }}(batch_size, world_size)
    where on_rank = rank and draw in ('positive', 'weak_positive')
),

candidates as (
    select
        'positive' as draw,
        positive_samples.sample_id,
        positive_samples.label_index
    from positive_samples
    where main.split_of(positive_samples.subset) = 'train'
    union all
    select
        'weak_positive' as draw,
        weak_positive_samples.clip_number as sample_id,
        null as label_index
    from weak_positive_samples
    where
        main.split_of(weak_positive_samples.subset) = 'train'
        and weak_positive_samples.reason is null
),

shuffled as (
    select
        candidates.*,
        row_number() over (
            -- A boolean, since texts take half as long again to sort.
            partition by candidates.draw = 'positive'
            order by
                main.uniform(concat_ws(':', seed, epoch), candidates.draw, candidates.sample_id),
                candidates.sample_id
        ) - 1 as place
    from candidates
    semi join slots on candidates.draw = slots.draw
),

own as (
    select
        shuffled.*,
        shuffled.place // world_size as turn
    from shuffled
    where shuffled.place % world_size = rank
),

sizes as (
    select
        own.draw,
        count(*) as sample_count
    from own
    group by own.draw
),

turns as (
    select
        slots.*,
        slots.turn % sizes.sample_count as sample_turn
    from slots
    inner join sizes on slots.draw = sizes.draw
)

select
    turns.step,
    turns.slot,
    turns.draw,
    own.sample_id,
    mask_labels.label_id,
    turns.crop
from turns
inner join own on turns.draw = own.draw and turns.sample_turn = own.turn
left join mask_labels on own.label_index = mask_labels.label_index
