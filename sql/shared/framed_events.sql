-- One label of one 960 ms frame of the framed strong set, heard in it or known not to be.
with eval_strong_framed as (select * from {{ ref('eval_strong_framed') }})

select
    'eval_framed' as dataset,
    eval_strong_framed.clip_id,
    eval_strong_framed.start_seconds,
    eval_strong_framed.end_seconds,
    eval_strong_framed.label_id,
    eval_strong_framed.is_present
from eval_strong_framed
