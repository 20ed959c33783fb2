-- One slot of an epoch for a negative on one rank, with the sample that takes it.
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
--   sample_id: The sample.
--   crop: Number in [0, 1) that places the crop in a weak clip.
{{ config(
    materialized='table_function',
    parameters='seed, epoch, batch_size, rank := 0, world_size := 1, hard := []'
) }}
with strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }}),

rare_members as (select * from {{ ref('rare_members') }}),

member_shifts as (select * from {{ ref('member_shifts') }}),

negative_draws as materialized (
    select *
    from {{ ref('negative_draws') }}(seed, epoch, batch_size, rank, world_size, hard)
),

-- Draws and shifts in one order: the shift of a member is the last one up to it, and shifts grow.
-- An ASOF join says the same, but DuckDB takes a nested loop for it where it expects few draws.
ordered as (
    select
        negative_draws.* exclude (sample_id),
        null as shift
    from negative_draws
    where negative_draws.sample_id is null and negative_draws.label_id <> 'other_rare'
    union all by name
    select
        member_shifts.pool = 'weak_negative' as is_weak,
        member_shifts.first_member_id as member_id,
        member_shifts.shift
    from member_shifts
),

shifted as (
    select
        ordered.*,
        coalesce(
            max(ordered.shift) over (partition by ordered.is_weak order by ordered.member_id), 0
        ) as hole_count
    from ordered
),

label_members as (
    select
        shifted.* exclude (shift, hole_count),
        cast(shifted.member_id + shifted.hole_count as integer) as place
    from shifted
    where shifted.shift is null
),

samples as (
    select negative_draws.* exclude (is_weak, member_id)
    from negative_draws
    where negative_draws.sample_id is not null
    union all by name
    select
        negative_draws.* exclude (is_weak, member_id, sample_id),
        rare_members.sample_id
    from negative_draws
    inner join rare_members
        on
            negative_draws.is_weak = (rare_members.pool = 'weak_negative')
            and negative_draws.member_id = rare_members.member_id
    where negative_draws.sample_id is null and negative_draws.label_id = 'other_rare'
    union all by name
    select
        label_members.* exclude (is_weak, member_id, place),
        strong_members.sample_id
    from label_members
    inner join strong_members on label_members.place = strong_members.place
    where not label_members.is_weak
    union all by name
    select
        label_members.* exclude (is_weak, member_id, place),
        weak_members.sample_id
    from label_members
    inner join weak_members on label_members.place = weak_members.place
    where label_members.is_weak
)

select
    samples.step,
    samples.slot,
    samples.draw,
    samples.label_id,
    samples.sample_id,
    samples.crop
from samples
