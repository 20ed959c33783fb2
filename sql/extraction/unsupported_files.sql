-- How many files are valid, but read by nothing here, with the first of the reasons.
select
    count(*) as file_count,
    min(reason) as reason
from main.audio_files
where status = 'unsupported'
