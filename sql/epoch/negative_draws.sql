-- One slot of an epoch for a negative on one rank, with the member of its label that takes it, or
-- with a hard negative.
-- The members of a label are visited with a random stride that has no factor in common with their
-- number, so none is taken twice before all are taken. Each round has its own start and stride.
-- Among 64 consecutive numbers one is such a stride, for any number of members below 10^12.
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
--   draw: tier_a, tier_b, completion, hard or weak.
--   label_id: MID of the label.
--   sample_id: The hard negative, or null.
--   member_id: The member in pool_members, or null.
--   crop: Number in [0, 1) that places the crop in a weak clip.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1, hard := []'
) }}
with draws as (
    select
        'strong_negative' as pool,
        strong_draws.step,
        strong_draws.slot,
        strong_draws.draw,
        strong_draws.label_id,
        strong_draws.sample_id,
        0 as crop
    from {{ ref('strong_draws') }}(seed, epoch, batch_size, world_size, hard) as strong_draws
    where strong_draws.on_rank = rank
    union all
    select
        'weak_negative' as pool,
        weak_draws.step,
        weak_draws.slot,
        'weak' as draw,
        weak_draws.label_id,
        null as sample_id,
        weak_draws.crop
    from {{ ref('weak_draws') }}(seed, epoch, batch_size, rank, world_size) as weak_draws
),

turns as (
    select
        draws.*,
        rank_labels.first_member_id,
        rank_labels.member_count,
        row_number() over (
            partition by rank_labels.first_member_id order by draws.step * batch_size + draws.slot
        ) - 1 as turn,
        turn // rank_labels.member_count as round
    from draws
    inner join {{ ref('rank_labels') }}(world_size) as rank_labels
        on
            draws.pool = rank_labels.pool
            and draws.label_id = rank_labels.label_id
            and rank_labels.on_rank = rank
    where draws.sample_id is null
),

rounds as (
    select distinct
        turns.pool,
        turns.label_id,
        turns.first_member_id,
        turns.member_count,
        turns.round
    from turns
),

walks as (
    select
        rounds.first_member_id,
        rounds.round,
        concat_ws(':', rank, rounds.pool, rounds.label_id, rounds.round) as name,
        cast(floor(
            main.uniform(concat_ws(':', seed, epoch), 'start', name) * rounds.member_count
        ) as bigint) as start,
        1 + cast(floor(
            main.uniform(concat_ws(':', seed, epoch), 'stride', name) * rounds.member_count
        ) as bigint) as least,
        list_filter(
            range(least, least + 64), lambda number: gcd(number, rounds.member_count) = 1
        )[1] as stride
    from rounds
)

select
    turns.step,
    turns.slot,
    turns.draw,
    turns.label_id,
    null as sample_id,
    turns.first_member_id
    + (walks.start + turns.turn % turns.member_count * walks.stride) % turns.member_count
        as member_id,
    turns.crop
from turns
inner join walks
    on turns.first_member_id = walks.first_member_id and turns.round = walks.round
union all
select
    draws.step,
    draws.slot,
    draws.draw,
    draws.label_id,
    draws.sample_id,
    null as member_id,
    main.uniform(concat_ws(':', seed, epoch), 'crop', draws.sample_id) as crop
from draws
where draws.sample_id is not null
