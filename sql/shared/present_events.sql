-- One event that is heard, of any of the three strong files. What a target is made of.
-- The framed file also lists what is not heard in a frame; those rows are no events.
with strong_train as (select * from {{ ref('strong_train') }}),

strong_eval as (select * from {{ ref('strong_eval') }}),

strong_eval_framed as (select * from {{ ref('strong_eval_framed') }})

select
    'strong_train' as subset,
    strong_train.event_id,
    strong_train.clip_id,
    strong_train.start_seconds,
    strong_train.end_seconds,
    strong_train.label_id
from strong_train
union all
select
    'strong_eval' as subset,
    strong_eval.event_id,
    strong_eval.clip_id,
    strong_eval.start_seconds,
    strong_eval.end_seconds,
    strong_eval.label_id
from strong_eval
union all
select
    'strong_eval_framed' as subset,
    strong_eval_framed.event_id,
    strong_eval_framed.clip_id,
    strong_eval_framed.start_seconds,
    strong_eval_framed.end_seconds,
    strong_eval_framed.label_id
from strong_eval_framed
where strong_eval_framed.is_present
