-- One window of an event of the target sound.
{{ materialized('table') }}
select
    segments.dataset,
    segments.clip_id,
    segments.start_seconds,
    segments.end_seconds,
    segments.label_id,
    segments.is_overlapped,
    segments.segment_index
from {{ ref('segments') }} as segments
where segments.role = 'positive'
order by segments.dataset, segments.source_row, segments.segment_index
