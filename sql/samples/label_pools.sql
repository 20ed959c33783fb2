-- One label of a pool of negatives of the train split, with its weight and tier.
-- A label is drawn in proportion to the square root of its sample count; the weights of a pool add
-- up to 1. Tier A is the smallest set of most frequent labels that together have at least
-- {{ target.training.tier_a_coverage }} of the counts of the pool.
{{ config(materialized='table') }}
with pool_members as (select * from {{ ref('pool_members') }}),

counted as (
    select
        pool_members.pool,
        pool_members.label_id,
        count(*) as sample_count,
        -- Whole numbers add up to the same sum in whatever order.
        cast(sqrt(count(*)) * 1000000 as bigint) as share
    from pool_members
    group by pool_members.pool, pool_members.label_id
),

ranked as (
    select
        counted.*,
        sum(counted.share) over (partition by counted.pool) as shares,
        sum(counted.sample_count) over (partition by counted.pool) as samples,
        sum(counted.sample_count) over (
            partition by counted.pool order by counted.sample_count desc, counted.label_id asc
        ) - counted.sample_count as samples_above
    from counted
)

select
    ranked.pool,
    ranked.label_id,
    ranked.sample_count,
    cast(ranked.share as double) / cast(ranked.shares as double) as weight,
    case
        when ranked.samples_above < {{ target.training.tier_a_coverage }} * ranked.samples then 'A'
        else 'B'
    end as tier
from ranked
order by ranked.pool asc, ranked.sample_count desc, ranked.label_id asc
