-- One slot of a batch, with what it is drawn as.
-- Positives, weak positives, strong negatives of tier A (tier_a), strong negatives of labels that
-- the epoch has not had yet (completion), and hard negatives (hard) each have a share of the batch,
-- rounded down. Weak negatives have the rest; if their share is 0, strong negatives have it.
-- In the batches of a target without strong positives, weak positives take the slots of positives.
-- Parameters:
--   batch_size: Samples in a batch, on one rank.
-- Columns:
--   slot: Number of the slot in the batch, from 0.
--   draw: positive, weak_positive, tier_a, completion, hard or weak.
--   draw_slot: Number of the slot among those of its draw, from 0.
--   draw_slot_count: How many slots the draw has in a batch.
{{ config(materialized='table_function', parameters='batch_size') }}
with positive_samples as (select * from {{ ref('positive_samples') }}),

shares as (
    select
        (
            select count(*) from positive_samples
            where main.split_of(positive_samples.subset) = 'train'
        ) > 0 as has_positives,
        cast(floor(batch_size * {{ target.training.pos_per_batch_frac }}) as bigint) as positives,
        cast(floor(batch_size * {{ target.training.pos_weak_per_batch_frac }}) as bigint)
            as weak_positives,
        cast(floor(batch_size * {{ target.training.strong_neg_per_batch_frac }}) as bigint)
            as strong_negatives
),

divided as (
    select
        case when shares.has_positives then shares.positives else 0 end as positives,
        case
            when shares.has_positives then shares.weak_positives
            else shares.positives + shares.weak_positives
        end as weak_positives,
        case
            when {{ target.training.weak_neg_per_batch_frac }} = 0
                then batch_size - shares.positives - shares.weak_positives
            else shares.strong_negatives
        end as strong_negatives
    from shares
),

tiers as (
    select
        divided.*,
        cast(floor(divided.strong_negatives * {{ target.training.tier_a_fraction }}) as bigint)
            as first_tier
    from divided
),

counts as (
    select
        tiers.*,
        cast(floor(tiers.first_tier * {{ target.training.primary_fraction }}) as bigint) as tier_a
    from tiers
),

draws as (
    select
        unnest(['positive', 'weak_positive', 'tier_a', 'completion', 'hard', 'weak']) as draw,
        unnest([
            counts.positives,
            counts.weak_positives,
            counts.tier_a,
            counts.first_tier - counts.tier_a,
            counts.strong_negatives - counts.first_tier,
            batch_size - counts.positives - counts.weak_positives - counts.strong_negatives
        ]) as draw_slot_count,
        generate_subscripts(range(6), 1) as place
    from counts
),

placed as (
    select
        draws.*,
        cast(sum(draws.draw_slot_count) over (order by draws.place) as bigint)
        - draws.draw_slot_count as first_slot
    from draws
),

places as (select unnest(range(batch_size)) as draw_slot)

select
    placed.first_slot + places.draw_slot as slot,
    placed.draw,
    places.draw_slot,
    placed.draw_slot_count
from placed
inner join places on placed.draw_slot_count > places.draw_slot
