-- One clip of a strong subset that a detector of the target is evaluated on, with the name of its
-- file and its length. Of the clips without the target, those with an ignored label are left out.
-- Without an inventory all audio counts as available, and a file is named after its clip.
with events as (select * from {{ ref('events') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

video_clips as (select * from {{ ref('video_clips') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

lengths as (
    select
        video_clips.ytid || '_' || video_clips.start_ms as clip_id,
        max(video_clips.clip_seconds) as duration
    from video_clips
    group by video_clips.ytid, video_clips.start_ms
)

select
    strong_clips.subset,
    strong_clips.clip_id,
    case
        when clip_audio.audio_path is null or clip_audio.byte_offset is not null
            then strong_clips.clip_id || '.wav'
        else parse_filename(clip_audio.audio_path, false, 'forward_slash')
    end as filename,
    lengths.duration,
    clip_audio.reason is null as has_audio
from strong_clips
semi join events on strong_clips.subset = events.subset and strong_clips.clip_id = events.clip_id
inner join lengths on strong_clips.clip_id = lengths.clip_id
left join clip_audio on strong_clips.clip_number = clip_audio.clip_number
