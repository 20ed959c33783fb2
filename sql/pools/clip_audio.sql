-- One clip, with its audio file in the inventory, or why it has none. Empty as long as the catalog
-- has no inventory: all audio then counts as available.
-- Of several files of a clip, the one whose length is nearest to the clip's.
{{ config(materialized='table') }}
with strong_clips as (select * from {{ ref('strong_clips') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

video_clips as (select * from {{ ref('video_clips') }}),

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

lengths as (
    select
        video_clips.ytid,
        max(video_clips.clip_seconds) as clip_seconds
    from video_clips
    semi join main.audio_files on video_clips.ytid = audio_files.ytid
    group by video_clips.ytid
),

audio as (
    select
        audio_files.ytid,
        -- Structs are compared field by field.
        min({
            'deviation_seconds': abs(
                coalesce(audio_files.duration_seconds, lengths.clip_seconds)
                - lengths.clip_seconds
            ),
            'audio_path': audio_files.audio_path,
            'byte_offset': audio_files.byte_offset,
            'byte_count': audio_files.byte_count,
            'audio_seconds': audio_files.duration_seconds
        }) filter (where audio_files.audio_path is not null) as file,
        min(audio_files.status) filter (where audio_files.audio_path is null) as status
    from main.audio_files
    left join lengths on audio_files.ytid = lengths.ytid
    group by audio_files.ytid
)

select
    clips.clip_number,
    audio.file.audio_path,
    audio.file.byte_offset,
    audio.file.byte_count,
    cast(audio.file.audio_seconds as decimal(9, 3)) as audio_seconds,
    case
        when audio.file is null then 'audio_' || coalesce(audio.status, 'not_found')
    end as reason
from clips
left join audio on clips.ytid = audio.ytid
where exists (select 1 from main.audio_files)
order by clips.clip_number
