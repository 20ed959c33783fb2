-- One tier of a pool of negatives, with its share of the labels, of the samples or of the draws by
-- weight.
with label_weights as (select * from {{ ref('label_weights') }}),

tiers as (
    select
        label_weights.pool,
        label_weights.tier,
        count(*) as labels,
        -- In one order, so that the sum is the same to the last bit.
        sum(label_weights.sample_percentage order by label_weights.label_id) as sample_percentage,
        sum(label_weights.draw_percentage order by label_weights.label_id) as draw_percentage
    from label_weights
    group by label_weights.pool, label_weights.tier
)

select
    tiers.pool,
    tiers.tier,
    unnest(['labels', 'samples', 'draws by weight']) as measure,
    unnest([1, 2, 3]) as place,
    unnest([
        100 * tiers.labels / sum(tiers.labels) over (partition by tiers.pool),
        tiers.sample_percentage,
        tiers.draw_percentage
    ]) as percentage
from tiers
