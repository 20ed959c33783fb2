-- One slot of a batch, with what it is drawn as.
-- Positives, strong negatives of tier A (tier_a), strong negatives of labels that the epoch has not
-- had yet (completion), and hard negatives (hard) each have a share of the batch, rounded down.
-- Weak negatives have the rest.
-- Parameters:
--   batch_size: Samples in a batch, on one rank.
-- Columns:
--   slot: Number of the slot in the batch, from 0.
--   draw: positive, tier_a, completion, hard or weak.
--   draw_slot: Number of the slot among those of its draw, from 0.
--   draw_slot_count: How many slots the draw has in a batch.
{{ config(materialized='table_function', parameters='batch_size') }}
with shares as (
    select
        cast(floor(batch_size * {{ target.training.pos_per_batch_frac }}) as bigint) as positives,
        cast(floor(batch_size * {{ target.training.strong_neg_per_batch_frac }}) as bigint)
            as strong_negatives
),

tiers as (
    select
        shares.*,
        cast(floor(shares.strong_negatives * {{ target.training.tier_a_fraction }}) as bigint)
            as first_tier
    from shares
),

counts as (
    select
        tiers.*,
        cast(floor(tiers.first_tier * {{ target.training.primary_fraction }}) as bigint) as tier_a
    from tiers
),

draws as (
    select
        unnest(['positive', 'tier_a', 'completion', 'hard', 'weak']) as draw,
        unnest([
            counts.positives,
            counts.tier_a,
            counts.first_tier - counts.tier_a,
            counts.strong_negatives - counts.first_tier,
            batch_size - counts.positives - counts.strong_negatives
        ]) as draw_slot_count,
        unnest([
            0,
            counts.positives,
            counts.positives + counts.tier_a,
            counts.positives + counts.first_tier,
            counts.positives + counts.strong_negatives
        ]) as first_slot
    from counts
),

places as (select unnest(range(batch_size)) as draw_slot)

select
    draws.first_slot + places.draw_slot as slot,
    draws.draw,
    places.draw_slot,
    draws.draw_slot_count
from draws
inner join places on draws.draw_slot_count > places.draw_slot
