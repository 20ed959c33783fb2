-- One event of strong_train or strong_eval: a labelled sound with its start and end in a clip.
with strong_train as (select * from {{ ref('strong_train') }}),

strong_eval as (select * from {{ ref('strong_eval') }})

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
