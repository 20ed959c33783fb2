-- One slot of an epoch for a negative on one rank, with the member of its label that takes it, or
-- with a hard negative.
-- The members of a label are visited with a random stride that has no factor in common with their
-- number, so none is taken twice before all are taken. Each round has its own start and stride.
-- Parameters:
--   seed: Seed of the sampler, a whole number from 0.
--   epoch: The epoch, from 0.
--   batch_size: Samples in a batch, on one rank.
--   rank: The rank, from 0.
--   world_size: Number of ranks.
--   hard: Ids of the hard negatives, the newest first.
-- Columns:
--   is_weak: Whether its pool is that of the weak negatives.
--   step: Number of the batch, from 0.
--   slot: Number of the slot in the batch, from 0.
--   draw: tier_a, tier_b, completion, hard or weak.
--   label_id: MID of the label.
--   sample_id: The hard negative, or null.
--   member_id: The member of its label in pool_members, or null.
--   crop: Number in [0, 1) that places the crop in a weak clip.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1, hard := []'
) }}
with negative_labels as (
    select
        *,
        draw = 'weak' as is_weak
    from {{ ref('negative_labels') }}(seed, epoch, batch_size, rank, world_size, hard)
    where on_rank = rank
),

turns as (
    select
        negative_labels.*,
        row_number() over (
            -- Numbers, since texts take half as long again to sort.
            partition by negative_labels.is_weak, negative_labels.label_index
            order by negative_labels.step * batch_size + negative_labels.slot
        ) - 1 as turn,
        turn // negative_labels.member_count as round
    from negative_labels
    where negative_labels.sample_id is null
),

rounds as (
    select distinct
        turns.is_weak,
        turns.label_index,
        turns.label_id,
        turns.member_count,
        turns.round
    from turns
),

named as (
    select
        rounds.*,
        concat_ws(
            ':',
            rank,
            case when rounds.is_weak then 'weak_negative' else 'strong_negative' end,
            rounds.label_id,
            rounds.round
        ) as name
    from rounds
),

walks as (
    select
        named.is_weak,
        named.label_index,
        named.round,
        cast(floor(
            main.uniform(concat_ws(':', seed, epoch), 'start', named.name) * named.member_count
        ) as bigint) as start,
        main.walk_stride(
            main.uniform(concat_ws(':', seed, epoch), 'stride', named.name), named.member_count
        ) as stride
    from named
)

select
    turns.is_weak,
    turns.step,
    turns.slot,
    turns.draw,
    turns.label_id,
    null as sample_id,
    turns.first_member_id
    + main.walk_place(walks.start, walks.stride, turns.turn, turns.member_count) as member_id,
    turns.crop
from turns
inner join walks
    on
        turns.is_weak = walks.is_weak
        and turns.label_index = walks.label_index
        and turns.round = walks.round
union all
select
    negative_labels.is_weak,
    negative_labels.step,
    negative_labels.slot,
    negative_labels.draw,
    negative_labels.label_id,
    negative_labels.sample_id,
    null as member_id,
    main.uniform(concat_ws(':', seed, epoch), 'crop', negative_labels.sample_id) as crop
from negative_labels
where negative_labels.sample_id is not null
