-- One label of one 960 ms frame of strong_eval_framed, which is present in the frame or verified
-- not to be.
with strong_eval_framed as (select * from {{ ref('strong_eval_framed') }})

select
    'strong_eval_framed' as subset,
    strong_eval_framed.event_id,
    strong_eval_framed.clip_id,
    strong_eval_framed.start_seconds,
    strong_eval_framed.end_seconds,
    strong_eval_framed.label_id,
    strong_eval_framed.is_present
from strong_eval_framed
