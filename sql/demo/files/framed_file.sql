-- One label of one frame, as a row of the file of strong_eval_framed.
select
    clip_id as segment_id,
    start_seconds as start_time_seconds,
    end_seconds as end_time_seconds,
    label_id as label,
    case when is_present then 'PRESENT' else 'NOT_PRESENT' end as present
from demo_frames
order by
    md5(concat_ws(':', {{ seed }}, clip_id)),
    clip_id,
    start_seconds,
    label_id
