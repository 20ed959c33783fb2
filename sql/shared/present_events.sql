-- One event that is present, of any of the three strong subsets. Targets are computed from these.
-- The framed subset also lists labels that are not present in a frame. Those rows are not events.
{{ config(schema='internal') }}
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
