-- One clip of the weak sets, with the set of its labels.
-- Its times are those of the YouTube video; the id joins it to the events of the strong sets.
with clips as (
    select
        'unbalanced_train' as dataset,
        *
    from {{ ref('unbalanced_train') }}
    union all
    select
        'balanced_train' as dataset,
        *
    from {{ ref('balanced_train') }}
    union all
    select
        'eval' as dataset,
        *
    from {{ ref('eval') }}
)

select
    clips.dataset,
    clips.ytid || '_' || cast(clips.video_start_seconds * 1000 as bigint) as clip_id,
    clips.ytid,
    clips.video_start_seconds,
    clips.video_end_seconds,
    clips.label_ids
from clips
