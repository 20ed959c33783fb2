-- A clip that is both trained on and evaluated on.
with clips as (
    select
        weak_clips.dataset,
        weak_clips.clip_id
    from {{ ref('weak_clips') }} as weak_clips
    union
    select
        strong_events.dataset,
        strong_events.clip_id
    from {{ ref('strong_events') }} as strong_events
    union
    select
        framed_events.dataset,
        framed_events.clip_id
    from {{ ref('framed_events') }} as framed_events
)

select
    clips.clip_id,
    list(clips.dataset order by clips.dataset) as datasets
from clips
group by clips.clip_id
having
    bool_or(clips.dataset in ('train', 'unbalanced_train', 'balanced_train'))
    and bool_or(clips.dataset in ('eval', 'eval_framed'))
