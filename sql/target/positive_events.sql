-- One event of the target sound.
{{ materialized('table') }}
select
    events.dataset,
    events.clip_id,
    events.start_seconds,
    events.end_seconds,
    events.label_id,
    events.is_overlapped
from {{ ref('events') }} as events
where events.role = 'positive'
order by events.dataset, events.source_row
