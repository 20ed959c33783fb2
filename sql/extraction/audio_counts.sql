-- One status of audio in a subset: how many clips have it, how long they are, and their size.
-- The temporary table `wanted` names the clips: subset, ytid, is_silence. A clip has one status in
-- a subset. If it has several files, a silent one counts only for a clip that is labelled Silence.
with clips as (
    select
        wanted.subset,
        audio_files.status,
        audio_files.duration_seconds,
        audio_files.bytes
    from wanted
    inner join main.audio_files on wanted.ytid = audio_files.ytid
    qualify row_number() over (
        partition by wanted.subset, wanted.ytid
        order by
            audio_files.status = if(wanted.is_silence, 'ok', 'silent') desc,
            audio_files.status = 'ok' desc,
            audio_files.audio_path asc
    ) = 1
)

select
    subset,
    status,
    count(*) as clip_count,
    cast(sum(duration_seconds) / 3600 as decimal(9, 2)) as hours,
    sum(bytes) as bytes
from clips
group by subset, status
order by subset asc, clip_count desc, status asc
