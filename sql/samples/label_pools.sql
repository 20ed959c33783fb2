-- One label of a pool of negatives of the train split, with its weight and tier.
-- A label is drawn in proportion to the square root of its sample count; the weights of a pool add
-- up to 1. Tier A is the smallest set of most frequent labels that together have at least
-- {{ target.training.tier_a_coverage }} of the counts of the pool.
{{ config(materialized='table') }}
with rare_members as (select * from {{ ref('rare_members') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

samples as (
    select
        left_members.pool,
        mask_labels.label_id,
        left_members.member_count as sample_count
    from {{ ref('left_members') }}(1) as left_members
    inner join mask_labels on left_members.label_index = mask_labels.label_index
    where left_members.member_count >= greatest(1, {{ samples.completion_rare_cutoff }})
    union all
    select
        rare_members.pool,
        'other_rare' as label_id,
        count(*) as sample_count
    from rare_members
    group by rare_members.pool
),

counted as (
    select
        samples.*,
        -- Whole numbers add up to the same sum in whatever order.
        cast(sqrt(samples.sample_count) * 1000000 as bigint) as share
    from samples
),

ranked as (
    select
        counted.*,
        sum(counted.share) over (partition by counted.pool) as shares,
        sum(counted.sample_count) over (partition by counted.pool) as pool_sample_count,
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
        when ranked.samples_above < {{ target.training.tier_a_coverage }} * ranked.pool_sample_count
            then 'A'
        else 'B'
    end as tier
from ranked
order by ranked.pool asc, ranked.sample_count desc, ranked.label_id asc
