-- How many files the inventory has, the first of them, and how many are of clips of the catalog.
with videos as (select distinct ytid from internal.video_clips)

select
    count(*) as file_count,
    min(audio_files.audio_path) as audio_path,
    count(videos.ytid) as clip_file_count
from main.audio_files
left join videos on audio_files.ytid = videos.ytid
where audio_files.status <> 'missing'
