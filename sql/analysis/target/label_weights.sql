-- One label of a pool of negatives, by its rank there, with its name: what share of the pool's
-- samples carry it, and of its draws are of it.
-- A weak clip counts under each of its labels.
select
    label_pools.pool,
    row_number() over (
        partition by label_pools.pool
        order by label_pools.sample_count desc, label_pools.label_id asc
    ) as rank,
    label_pools.label_id,
    case label_pools.label_id
        when 'other_rare'
            then 'all under {{ target.training.completion_rare_cutoff }} samples'
        else labels.title
    end as title,
    label_pools.tier,
    label_pools.sample_count,
    100 * label_pools.sample_count
    / sum(label_pools.sample_count) over (partition by label_pools.pool) as sample_percentage,
    100 * label_pools.weight as draw_percentage
from {{ ref('label_pools') }} as label_pools
left join {{ ref('labels') }} as labels on label_pools.label_id = labels.label_id
