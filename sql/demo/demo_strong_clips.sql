-- One clip of the made weak sets that has strong labels too: one in twenty of the train sets,
-- most of the eval set, and of those most have framed labels.
{{ materialized('table') }}
with ranked as (
    select
        if(demo_clips.dataset = 'eval', 'eval', 'train') as dataset,
        demo_clips.dataset as weak_dataset,
        demo_clips.clip_id,
        demo_clips.clip_seconds,
        row_number() over (
            partition by demo_clips.dataset = 'eval'
            order by md5(concat_ws(':', {{ seed }}, 'strong', demo_clips.clip_id))
        ) as strong_rank,
        count(*) over (partition by demo_clips.dataset = 'eval') as clip_count
    from {{ ref('demo_clips') }} as demo_clips
)

select
    ranked.dataset,
    ranked.weak_dataset,
    ranked.clip_id,
    ranked.clip_seconds,
    ranked.dataset = 'eval' and ranked.strong_rank <= 0.7 * ranked.clip_count as is_framed
from ranked
where
    ranked.strong_rank <= if(
        ranked.dataset = 'eval', 0.83 * ranked.clip_count, greatest(ranked.clip_count / 20, 900)
    )
