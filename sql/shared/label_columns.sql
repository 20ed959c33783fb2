-- One label that some event or weak clip carries, with its column of the label mask.
-- The columns are the same for all targets, and do not depend on what audio is there.
{{ materialized('table') }}
with carried as (
    select present_events.label_id from {{ ref('present_events') }} as present_events
    union
    select unnest(weak_clips.label_ids) as label_id from {{ ref('weak_clips') }} as weak_clips
)

select
    cast(row_number() over (order by carried.label_id) - 1 as integer) as label_index,
    carried.label_id
from carried
order by label_index
