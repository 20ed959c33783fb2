-- One clip, with its audio file in the inventory, or why it has none. Empty as long as the catalog
-- has no inventory: all audio then counts as available.
{{ config(materialized='table') }}
with strong_clips as (select * from {{ ref('strong_clips') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

clips as (
    select
        strong_clips.clip_number,
        left(strong_clips.clip_id, 11) as ytid
    from strong_clips
    union all
    select
        numbered_weak_clips.clip_number,
        numbered_weak_clips.ytid
    from numbered_weak_clips
),

audio as (
    select
        audio_files.ytid,
        min(audio_files.audio_path) as audio_path,
        arg_min(audio_files.duration_seconds, audio_files.audio_path) as audio_seconds,
        min(audio_files.status) filter (where audio_files.audio_path is null) as status
    from main.audio_files
    group by audio_files.ytid
)

select
    clips.clip_number,
    audio.audio_path,
    cast(audio.audio_seconds as decimal(9, 3)) as audio_seconds,
    case
        when audio.audio_path is null then 'audio_' || coalesce(audio.status, 'not_found')
    end as reason
from clips
left join audio on clips.ytid = audio.ytid
where exists (select 1 from main.audio_files)
order by clips.clip_number
