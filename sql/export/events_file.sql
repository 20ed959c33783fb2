-- One event of the target, as a row of the official .tsv files, in the order of the source file.
with events as (select * from {{ ref('events') }})

select
    events.clip_id as segment_id,
    events.start_seconds as start_time_seconds,
    events.end_seconds as end_time_seconds,
    events.label_id as label{% if subset == 'strong_eval_framed' %},  -- noqa: LT02
    'PRESENT' as present{% endif %}  -- noqa: LT02
from events
where
    events.subset = {{ literal(subset) }}
    and events.role = {{ literal(role) }}
    and events.is_overlapped is not distinct from {{ literal(is_overlapped) }}
order by events.event_id
