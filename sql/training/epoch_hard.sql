-- One hard negative that an epoch draws, on any rank.
select sample_id
from
    {{ identifier(target) }}.label_draws(
        {{ seed }}, {{ epoch }}, {{ batch_size }},
        {{ rank }}, {{ world_size }}, cast({{ hard }} as bigint[])
    )
where sample_id is not null
