-- One clip of the weak subsets, with the reason why it is a weak negative of no target, or null.
-- Of the clips of weak_unbalanced_train with a head label, such as Speech, only a share is kept,
-- chosen by a hash of their ids. A clip with a rare label is always kept. Of a clip that is kept,
-- the audio must be available.
{{ config(materialized='table') }}
with numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

weak_label_counts as (select * from {{ ref('weak_label_counts') }}),

rare as (
    select coalesce(list(weak_label_counts.label_id), []) as label_ids
    from weak_label_counts
    where
        weak_label_counts.subset = 'weak_unbalanced_train'
        and weak_label_counts.clip_count < {{ samples.completion_rare_cutoff }}
),

trimmed as (
    select
        numbered_weak_clips.clip_number,
        numbered_weak_clips.subset,
        numbered_weak_clips.video_end_seconds - numbered_weak_clips.video_start_seconds
            as video_seconds,
        -- Case by case, so that few clips are hashed.
        case
            when numbered_weak_clips.subset <> 'weak_unbalanced_train' then false
            when
                not main.carries_any(
                    numbered_weak_clips.label_ids, {{ literal(samples.head_labels) }}
                )
                then false
            when
                main.uniform(
                    {{ samples.seed }},
                    'head',
                    main.clip_id(numbered_weak_clips.ytid, numbered_weak_clips.video_start_seconds)
                ) < {{ samples.head_keep_frac }}
                then false
            else not main.carries_any(numbered_weak_clips.label_ids, rare.label_ids)
        end as is_trimmed
    from numbered_weak_clips
    cross join rare
)

select
    trimmed.clip_number,
    trimmed.subset,
    cast(coalesce(clip_audio.audio_seconds, trimmed.video_seconds) as decimal(9, 3)) as seconds,
    case when trimmed.is_trimmed then 'head_trimming' else clip_audio.reason end as reason
from trimmed
left join clip_audio on trimmed.clip_number = clip_audio.clip_number
