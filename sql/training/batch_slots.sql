-- One slot of a batch: what it is kept for.
-- Its kind is that of the sample that it takes: a positive, a strong negative of tier A by weight
-- (tier_a) or of a label that the epoch has not seen yet (completion), a hard negative, or a weak
-- one. Each kind has its share, rounded down; the weak ones have the rest.
{{ macro('batch_size') }}
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

kinds as (
    select
        unnest(['positive', 'tier_a', 'completion', 'hard', 'weak']) as kind,
        unnest([
            counts.positives,
            counts.tier_a,
            counts.first_tier - counts.tier_a,
            counts.strong_negatives - counts.first_tier,
            batch_size - counts.positives - counts.strong_negatives
        ]) as kind_slots,
        unnest([
            0,
            counts.positives,
            counts.positives + counts.tier_a,
            counts.positives + counts.first_tier,
            counts.positives + counts.strong_negatives
        ]) as first_slot
    from counts
),

places as (select unnest(range(batch_size)) as kind_slot)

select
    kinds.first_slot + places.kind_slot as slot,
    kinds.kind,
    places.kind_slot,
    kinds.kind_slots
from kinds
inner join places on kinds.kind_slots > places.kind_slot
