-- One slot of an epoch on one rank, with its place among all slots.
select
    step * {{ batch_size }} + slot as place,
    sample_id,
    cast(crop_start_seconds as double) as crop_start_seconds
from
    {{ identifier(target) }}.epoch_plan(
        {{ seed }}, {{ epoch }}, {{ batch_size }},
        {{ rank }}, {{ world_size }}, cast({{ hard }} as bigint[])
    )
