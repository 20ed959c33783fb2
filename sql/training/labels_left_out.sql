-- How many labels of strong negatives there are, how many of them no batch of an epoch has, and how
-- many slots of a batch complete labels.
with drawn as (
    -- A hard negative has a label of its own, which may be one of the bucket's.
    select distinct coalesce(label_pools.label_id, 'other_rare') as label_id
    from
        {{ identifier(target) }}.negative_labels(
            {{ seed }}, {{ epoch }}, {{ batch_size }},
            {{ rank }}, {{ world_size }}, cast({{ hard }} as bigint[])
        ) as negative_labels
    left join {{ identifier(target) }}.label_pools as label_pools
        on
            label_pools.pool = 'strong_negative'
            and negative_labels.label_id = label_pools.label_id
    where negative_labels.label_id is not null and negative_labels.draw <> 'weak'
)

select
    count(*) as label_count,
    count(*) filter (where drawn.label_id is null) as left_out_count,
    (
        select count(*)
        from {{ identifier(target) }}.batch_slots({{ batch_size }}) as batch_slots
        where batch_slots.draw = 'completion'
    ) as slot_count
from {{ identifier(target) }}.label_pools as label_pools
left join drawn on label_pools.label_id = drawn.label_id
where label_pools.pool = 'strong_negative'
