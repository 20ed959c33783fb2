-- How many files are over a second shorter than their clips, with the first of them.
select
    count(*) as file_count,
    min(audio_files.audio_path) as audio_path
from main.audio_files
semi join internal.video_clips
    on
        audio_files.ytid = video_clips.ytid
        and audio_files.duration_seconds < video_clips.clip_seconds - 1
where audio_files.status = 'ok'
