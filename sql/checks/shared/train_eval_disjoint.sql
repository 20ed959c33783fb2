-- A video that is in both the train and the eval split, by the same clip or by another part of it.
with weak_clips as (select * from {{ ref('weak_clips') }}),

strong_events as (select * from {{ ref('strong_events') }}),

framed_events as (select * from {{ ref('framed_events') }}),

listed as (
    select
        weak_clips.subset,
        weak_clips.clip_id
    from weak_clips
    union all
    select distinct
        strong_events.subset,
        strong_events.clip_id
    from strong_events
    union all
    select distinct
        framed_events.subset,
        framed_events.clip_id
    from framed_events
),

clips as (
    select
        listed.*,
        left(listed.clip_id, 11) as ytid
    from listed
),

-- Few: those of the train split need only be compared with them.
eval_clips as (
    select clips.* from clips
    where main.split_of(clips.subset) = 'eval'
),

train_clips as (
    select clips.*
    from clips
    semi join eval_clips on clips.ytid = eval_clips.ytid
    where main.split_of(clips.subset) = 'train'
)

select
    train_clips.ytid,
    list_sort(list_distinct(list(train_clips.clip_id) || list(eval_clips.clip_id))) as clip_ids,
    list_sort(list_distinct(list(train_clips.subset) || list(eval_clips.subset))) as subsets
from train_clips
inner join eval_clips on train_clips.ytid = eval_clips.ytid
group by train_clips.ytid
