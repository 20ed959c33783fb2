-- One event that is heard, of any of the three strong files. What a target is made of.
-- The framed file also lists what is not heard in a frame; those rows are no events.
with train_strong as (select * from {{ ref('train_strong') }}),

eval_strong as (select * from {{ ref('eval_strong') }}),

eval_strong_framed as (select * from {{ ref('eval_strong_framed') }})

select
    'train' as dataset,
    train_strong.source_row,
    train_strong.clip_id,
    train_strong.start_seconds,
    train_strong.end_seconds,
    train_strong.label_id
from train_strong
union all
select
    'eval' as dataset,
    eval_strong.source_row,
    eval_strong.clip_id,
    eval_strong.start_seconds,
    eval_strong.end_seconds,
    eval_strong.label_id
from eval_strong
union all
select
    'eval_framed' as dataset,
    eval_strong_framed.source_row,
    eval_strong_framed.clip_id,
    eval_strong_framed.start_seconds,
    eval_strong_framed.end_seconds,
    eval_strong_framed.label_id
from eval_strong_framed
where eval_strong_framed.is_present
