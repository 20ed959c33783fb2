-- The one object of label_mappings.json: for each pool of negatives the row indexes of the metadata
-- by label, the labels, and their weights in the same order.
with pool_members as (select * from {{ ref('pool_members') }}),

sample_spans as (select * from {{ ref('sample_spans') }}),

label_pools as (select * from {{ ref('label_pools') }}),

sample_rows as (
    select
        sample_spans.sample_id,
        row_number() over (order by sample_spans.sample_id) - 1 as row_index
    from sample_spans
    where sample_spans.split = 'train' and sample_spans.role <> 'weak_positive'
),

carried as (
    select
        label_pools.pool,
        label_pools.label_id,
        label_pools.weight,
        list(sample_rows.row_index order by sample_rows.row_index) as row_indexes
    from pool_members
    inner join sample_rows on pool_members.sample_id = sample_rows.sample_id
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
            list((carried.label_id, carried.row_indexes) order by carried.label_id)
        ) as row_indexes,
        list(carried.label_id order by carried.label_id) as label_ids,
        list(carried.weight order by carried.label_id) as weights
    from carried
    group by carried.pool
)

select
    any_value(listed.row_indexes) filter (where listed.pool = 'strong_negative') as strong_neg_map,
    any_value(listed.row_indexes) filter (where listed.pool = 'weak_negative') as weak_neg_map,
    any_value(listed.label_ids) filter (where listed.pool = 'strong_negative') as strong_labels,
    any_value(listed.weights) filter (where listed.pool = 'strong_negative') as strong_probs,
    any_value(listed.label_ids) filter (where listed.pool = 'weak_negative') as weak_labels,
    any_value(listed.weights) filter (where listed.pool = 'weak_negative') as weak_probs
from listed
