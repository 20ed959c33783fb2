-- One window of an event of a clip that holds neither the target sound nor an ignored one.
select
    segments.dataset,
    segments.clip_id,
    segments.start_seconds,
    segments.end_seconds,
    segments.label_id,
    segments.segment_index
from {{ ref('segments') }} as segments
where segments.role = 'strong_negative'
