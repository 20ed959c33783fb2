-- One sound in the audio of a synthetic clip: an event of the strong subsets. A clip without strong
-- labels has one sound for each of its weak labels, or none if one of them is Silence.
with demo_audio_clips as (select * from {{ ref('demo_audio_clips') }}),

demo_events as (select * from {{ ref('demo_events') }}),

demo_clip_labels as (select * from {{ ref('demo_clip_labels') }}),

demo_labels as (select * from {{ ref('demo_labels') }}),

demo_strong_clips as (select * from {{ ref('demo_strong_clips') }}),

weak_only as (
    select
        demo_audio_clips.clip_id,
        demo_clip_labels.label_id,
        demo_audio_clips.clip_seconds,
        demo_audio_clips.clip_id || demo_clip_labels.label_id as position,
        least(
            demo_audio_clips.clip_seconds,
            greatest(demo_labels.typical_seconds, 0.5)
            * (0.6 + uniform({{ seed }}, 'sound', position))
        ) as sound_seconds
    from demo_audio_clips
    inner join demo_clip_labels on demo_audio_clips.clip_id = demo_clip_labels.clip_id
    inner join demo_labels
        on demo_clip_labels.label_id = demo_labels.label_id
    anti join demo_strong_clips
        on demo_audio_clips.clip_id = demo_strong_clips.clip_id
    where
        demo_audio_clips.clip_id not in (
            select clip_labels.clip_id
            from demo_clip_labels as clip_labels
            where clip_labels.label_id = main.silence_label()
        )
),

placed as (
    select
        weak_only.clip_id,
        weak_only.label_id,
        uniform({{ seed }}, 'when', weak_only.position)
        * (weak_only.clip_seconds - weak_only.sound_seconds) as start_seconds,
        start_seconds + weak_only.sound_seconds as end_seconds
    from weak_only
),

sounds as (
    select
        demo_events.clip_id,
        demo_events.label_id,
        cast(demo_events.start_seconds as double) as start_seconds,
        cast(demo_events.end_seconds as double) as end_seconds
    from demo_events
    semi join demo_audio_clips on demo_events.clip_id = demo_audio_clips.clip_id
    where demo_events.label_id <> main.silence_label()
    union all
    select
        placed.clip_id,
        placed.label_id,
        placed.start_seconds,
        placed.end_seconds
    from placed
)

select
    sounds.clip_id,
    sounds.label_id,
    sounds.start_seconds,
    sounds.end_seconds,
    concat_ws(':', sounds.clip_id, sounds.label_id, sounds.start_seconds) as position,
    cast(floor(4 * uniform({{ seed }}, 'take', position)) as integer) as take,
    0.4 + 0.6 * uniform({{ seed }}, 'gain', position) as gain
from sounds
