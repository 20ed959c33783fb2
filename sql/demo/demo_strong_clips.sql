-- One clip of the synthetic weak subsets that has strong labels too: one in twenty of the train
-- split, most of weak_eval, and of those most have framed labels.
{{ config(materialized='table') }}
with demo_clips as (select * from {{ ref('demo_clips') }}),

ranked as (
    select
        if(demo_clips.subset = 'weak_eval', 'strong_eval', 'strong_train') as subset,
        demo_clips.subset as weak_subset,
        demo_clips.clip_id,
        demo_clips.clip_seconds,
        row_number() over (
            partition by demo_clips.subset = 'weak_eval'
            order by md5(concat_ws(':', {{ seed }}, 'strong', demo_clips.clip_id))
        ) as strong_rank,
        count(*) over (partition by demo_clips.subset = 'weak_eval') as clip_count
    from demo_clips
)

select
    ranked.subset,
    ranked.weak_subset,
    ranked.clip_id,
    ranked.clip_seconds,
    ranked.subset = 'strong_eval' and ranked.strong_rank <= 0.7 * ranked.clip_count as is_framed
from ranked
where
    ranked.strong_rank <= if(
        ranked.subset = 'strong_eval',
        0.83 * ranked.clip_count,
        greatest(ranked.clip_count / 20, 900)
    )
