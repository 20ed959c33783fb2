-- One clip of the weak subsets, with its labels.
-- Its times are those of the YouTube video. Its clip_id joins it to the events of the strong
-- subsets.
with weak_unbalanced_train as (select * from {{ ref('weak_unbalanced_train') }}),

weak_balanced_train as (select * from {{ ref('weak_balanced_train') }}),

weak_eval as (select * from {{ ref('weak_eval') }}),

clips as (
    select
        'weak_unbalanced_train' as subset,
        weak_unbalanced_train.*
    from weak_unbalanced_train
    union all
    select
        'weak_balanced_train' as subset,
        weak_balanced_train.*
    from weak_balanced_train
    union all
    select
        'weak_eval' as subset,
        weak_eval.*
    from weak_eval
)

select
    clips.subset,
    clips.ytid || '_' || cast(clips.video_start_seconds * 1000 as bigint) as clip_id,
    clips.ytid,
    clips.video_start_seconds,
    clips.video_end_seconds,
    clips.label_ids
from clips
