-- One clip of named_clips: its length, its audio, and the first subset that lists it. None of these
-- depends on the subset.
select
    named_clips.clip_id,
    arg_min(named_clips.subset, main.subset_place(named_clips.subset)) as first_subset,
    coalesce(max(named_clips.clip_seconds), main.usual_clip_seconds()) as clip_seconds,
    any_value(clip_audio.audio_path) as audio_path,
    any_value(clip_audio.byte_offset) as byte_offset,
    any_value(clip_audio.byte_count) as byte_count
from named_clips
left join internal.clip_audio on named_clips.clip_number = clip_audio.clip_number
group by named_clips.clip_id
