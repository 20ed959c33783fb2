-- One label of a pool of negatives, with its name, its share of the samples of the pool and its
-- share of the draws by weight.
-- A weak clip counts for each of its labels.
with label_pools as (select * from {{ ref('label_pools') }}),

labels as (select * from {{ ref('labels') }})

select
    label_pools.pool,
    row_number() over (
        partition by label_pools.pool
        order by label_pools.sample_count desc, label_pools.label_id asc
    ) as rank,
    label_pools.label_id,
    case label_pools.label_id
        when 'other_rare'
            then 'all under {{ samples.completion_rare_cutoff }} samples'
        else labels.title
    end as title,
    label_pools.tier,
    label_pools.sample_count,
    100 * label_pools.sample_count
    / sum(label_pools.sample_count) over (partition by label_pools.pool) as sample_percentage,
    100 * label_pools.weight as draw_percentage
from label_pools
left join labels on label_pools.label_id = labels.label_id
