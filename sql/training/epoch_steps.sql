-- The number of steps of an epoch.
select coalesce(max(step) + 1, 0) as step_count
from {{ identifier(target) }}.epoch_slots({{ batch_size }}, {{ world_size }})
