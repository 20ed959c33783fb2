-- One tier of a pool of negatives, with its labels, their samples and their share of the draws.
-- A weak clip counts under each of its labels.
with label_pools as (select * from {{ ref('label_pools') }})

select
    pool,
    tier,
    count(*) as label_count,
    cast(sum(sample_count) as bigint) as sample_count,
    round(100 * sum(weight order by label_id), 1) as draw_percentage
from label_pools
group by pool, tier
order by pool, tier
