-- One event of the strong sets: a sound with its start and end within a clip.
with train_strong as (select * from {{ ref('train_strong') }}),

eval_strong as (select * from {{ ref('eval_strong') }})

select
    'train' as dataset,
    train_strong.clip_id,
    train_strong.start_seconds,
    train_strong.end_seconds,
    train_strong.label_id
from train_strong
union all
select
    'eval' as dataset,
    eval_strong.clip_id,
    eval_strong.start_seconds,
    eval_strong.end_seconds,
    eval_strong.label_id
from eval_strong
