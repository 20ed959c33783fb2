-- A clip that is in both the train and the eval split.
with clips as (
    select
        weak_clips.subset,
        weak_clips.clip_id
    from {{ ref('weak_clips') }} as weak_clips
    union
    select
        strong_events.subset,
        strong_events.clip_id
    from {{ ref('strong_events') }} as strong_events
    union
    select
        framed_events.subset,
        framed_events.clip_id
    from {{ ref('framed_events') }} as framed_events
)

select
    clips.clip_id,
    list(clips.subset order by clips.subset) as subsets
from clips
group by clips.clip_id
having
    bool_or(main.split_of(clips.subset) = 'train')
    and bool_or(main.split_of(clips.subset) = 'eval')
