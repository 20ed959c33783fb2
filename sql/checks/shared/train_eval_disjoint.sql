-- A clip that is in both the train and the eval split.
with weak_clips as (select * from {{ ref('weak_clips') }}),

strong_events as (select * from {{ ref('strong_events') }}),

framed_events as (select * from {{ ref('framed_events') }}),

clips as (
    select
        weak_clips.subset,
        weak_clips.clip_id
    from weak_clips
    union
    select
        strong_events.subset,
        strong_events.clip_id
    from strong_events
    union
    select
        framed_events.subset,
        framed_events.clip_id
    from framed_events
)

select
    clips.clip_id,
    list(clips.subset order by clips.subset) as subsets
from clips
group by clips.clip_id
having
    bool_or(main.split_of(clips.subset) = 'train')
    and bool_or(main.split_of(clips.subset) = 'eval')
