-- A pool whose weights do not add up to 1, or with a label whose sample count is not the number of
-- its members.
with pool_members as (select * from {{ ref('pool_members') }}),

label_pools as (select * from {{ ref('label_pools') }}),

members as (
    select
        pool_members.pool,
        pool_members.label_id,
        count(*) as sample_count
    from pool_members
    group by pool_members.pool, pool_members.label_id
),

pools as (
    select
        label_pools.pool,
        sum(label_pools.weight) as weights,
        count(*) filter (where label_pools.sample_count is distinct from members.sample_count)
            as wrong_label_count
    from label_pools
    left join members
        on label_pools.pool = members.pool and label_pools.label_id = members.label_id
    group by label_pools.pool
)

select
    pools.pool,
    pools.weights,
    pools.wrong_label_count
from pools
where abs(pools.weights - 1) > 0.000001 or pools.wrong_label_count > 0
