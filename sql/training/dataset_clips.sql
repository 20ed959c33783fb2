-- One clip of `used_clips`, with its name and audio file, and where in the file its audio is.
with clips as (
    select
        used_clips.row_index,
        used_clips.clip_number,
        strong_clips.subset || '/' || strong_clips.clip_id as clip
    from internal.strong_clips
    inner join used_clips on strong_clips.clip_number = used_clips.clip_number
    union all
    select
        used_clips.row_index,
        used_clips.clip_number,
        weak_clips.subset || '/' || main.clip_id(weak_clips.ytid, weak_clips.video_start_seconds)
            as clip
    from internal.numbered_weak_clips as weak_clips
    inner join used_clips on weak_clips.clip_number = used_clips.clip_number
)

select
    clips.row_index,
    clips.clip,
    coalesce(clip_audio.audio_path, '') as audio_path,
    clip_audio.byte_offset,
    clip_audio.byte_count
from clips
left join internal.clip_audio on clips.clip_number = clip_audio.clip_number
order by clips.row_index
