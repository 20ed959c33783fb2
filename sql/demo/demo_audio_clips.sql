-- One clip of the synthetic AudioSet that has audio: as many of each subset as fit on a small disk.
-- The others are missing, like removed videos. One clip in fifteen is damaged.
{{ config(materialized='table') }}
with demo_clips as (select * from {{ ref('demo_clips') }}),

demo_strong_clips as (select * from {{ ref('demo_strong_clips') }}),

demo_clip_labels as (select * from {{ ref('demo_clip_labels') }}),

demo_events as (select * from {{ ref('demo_events') }}),

limits as (
    select
        limits.subset,
        limits.most_clips
    from (
        values
        ('strong_train', 1000), ('strong_eval', 400), ('weak_balanced_train', 300),
        ('weak_eval', 400), ('weak_unbalanced_train', 300)
    ) as limits (subset, most_clips)
),

subset_clips as (
    select
        demo_strong_clips.subset,
        demo_strong_clips.clip_id
    from demo_strong_clips
    union all
    select
        demo_clips.subset,
        demo_clips.clip_id
    from demo_clips
),

ranked as (
    select
        subset_clips.subset,
        subset_clips.clip_id,
        row_number() over (
            partition by subset_clips.subset
            order by md5(concat_ws(':', {{ seed }}, 'audio', subset_clips.clip_id))
        ) as audio_rank
    from subset_clips
),

chosen as (
    select distinct ranked.clip_id
    from ranked
    inner join limits on ranked.subset = limits.subset
    where ranked.audio_rank <= limits.most_clips
),

silences as (
    select demo_clip_labels.clip_id
    from demo_clip_labels
    where demo_clip_labels.label_id = main.silence_label()
    union
    select demo_events.clip_id
    from demo_events
    where demo_events.label_id = main.silence_label()
),

-- Clips with the label Silence are never damaged: their silence is valid.
drawn as (
    select
        demo_clips.*,
        if(
            silences.clip_id is null, uniform({{ seed }}, 'fault', demo_clips.clip_id), 1
        ) as damage_draw,
        if(
            demo_clips.subset = 'weak_unbalanced_train',
            format(
                'unbalanced_train_segments_part{:02d}',
                cast(floor(2 * uniform({{ seed }}, 'part', demo_clips.clip_id)) as integer)
            ),
            replace(demo_clips.subset, 'weak_', '') || '_segments'
        ) as segments
    from demo_clips
    semi join chosen on demo_clips.clip_id = chosen.clip_id
    left join silences on demo_clips.clip_id = silences.clip_id
)

select
    drawn.clip_id,
    drawn.clip_seconds,
    if(drawn.subset = 'weak_unbalanced_train', 'unbalanced_train_segments/', '')
    || drawn.segments || '.zip' as archive,
    drawn.segments || '/Y' || drawn.ytid || '.wav' as member,
    case
        when drawn.damage_draw < 0.012 then 'missing'
        when drawn.damage_draw < 0.022 then 'silent'
        when drawn.damage_draw < 0.030 then 'short'
        when drawn.damage_draw < 0.037 then 'truncated'
        when drawn.damage_draw < 0.043 then 'garbage'
        when drawn.damage_draw < 0.049 then 'bad_checksum'
        when drawn.damage_draw < 0.055 then 'empty'
        when drawn.damage_draw < 0.058 then 'no_samples'
        when drawn.damage_draw < 0.066 then 'flac'
    end as damage
from drawn
order by drawn.clip_id
