-- One audio file of the target's samples, with what the inventory knows of it. The rate and the
-- channels of an extracted file are those that it had in its archive.
with samples as (select * from {{ ref('samples') }})

select
    audio_files.audio_path,
    audio_files.sample_rate_hz,
    audio_files.channels,
    cast(audio_files.duration_seconds as double) as duration_seconds
from main.audio_files
semi join samples
    on audio_files.audio_path = samples.audio_path and samples.byte_offset is null
where audio_files.byte_offset is null
order by audio_files.audio_path
