-- A pool whose tier A is not the smallest set of most frequent labels with at least
-- {{ target.training.tier_a_coverage }} of the counts of the pool.
with label_pools as (select * from {{ ref('label_pools') }}),

pools as (
    select
        label_pools.pool,
        sum(label_pools.sample_count) as sample_count,
        coalesce(sum(label_pools.sample_count) filter (where label_pools.tier = 'A'), 0)
            as tier_a_sample_count,
        min(label_pools.sample_count) filter (where label_pools.tier = 'A') as least_of_tier_a,
        max(label_pools.sample_count) filter (where label_pools.tier <> 'A') as most_of_tier_b
    from label_pools
    group by label_pools.pool
)

select
    pools.pool,
    pools.sample_count,
    pools.tier_a_sample_count,
    pools.least_of_tier_a,
    pools.most_of_tier_b
from pools
where
    pools.tier_a_sample_count < {{ target.training.tier_a_coverage }} * pools.sample_count
    or pools.tier_a_sample_count - pools.least_of_tier_a
    >= {{ target.training.tier_a_coverage }} * pools.sample_count
    or pools.most_of_tier_b > pools.least_of_tier_a
