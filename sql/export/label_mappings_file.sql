-- The one object of label_mappings.json: for each pool of negatives the row indexes of the metadata
-- by label, the labels, and their weights in the same order.
with pool_members as (select * from {{ ref('pool_members') }}),

label_pools as (select * from {{ ref('label_pools') }}),

carried as (
    select
        label_pools.pool,
        label_pools.label_id,
        label_pools.weight,
        list(pool_members.sample_id order by pool_members.sample_id) as sample_ids
    from pool_members
    inner join label_pools
        on
            pool_members.pool = label_pools.pool
            and pool_members.label_id = label_pools.label_id
    group by label_pools.pool, label_pools.label_id, label_pools.weight
),

listed as (
    select
        carried.pool,
        map_from_entries(
            list((carried.label_id, carried.sample_ids) order by carried.label_id)
        ) as sample_ids,
        list(carried.label_id order by carried.label_id) as label_ids,
        list(carried.weight order by carried.label_id) as weights
    from carried
    group by carried.pool
)

select
    any_value(listed.sample_ids) filter (where listed.pool = 'strong_negative') as strong_neg_map,
    any_value(listed.sample_ids) filter (where listed.pool = 'weak_negative') as weak_neg_map,
    any_value(listed.label_ids) filter (where listed.pool = 'strong_negative') as strong_labels,
    any_value(listed.weights) filter (where listed.pool = 'strong_negative') as strong_probs,
    any_value(listed.label_ids) filter (where listed.pool = 'weak_negative') as weak_labels,
    any_value(listed.weights) filter (where listed.pool = 'weak_negative') as weak_probs
from listed
