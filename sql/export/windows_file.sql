-- One window of an event of the target, as a row of the official .tsv files: in the order of the
-- source file, and of time within an event.
with windows as (select * from {{ ref('windows') }})

select
    windows.clip_id as segment_id,
    windows.start_seconds as start_time_seconds,
    windows.end_seconds as end_time_seconds,
    windows.label_id as label{% if subset == 'strong_eval_framed' %},  -- noqa: LT02
    'PRESENT' as present{% endif %}  -- noqa: LT02
from windows
where
    windows.subset = {{ literal(subset) }}
    and windows.role = {{ literal(role) }}
    and windows.is_overlapped is not distinct from {{ literal(is_overlapped) }}
order by windows.event_id, windows.window_index
