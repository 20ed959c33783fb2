-- One audio file of a clip. Found in the audio root; or recorded by an extraction, for a clip of
-- which no file was found. A silent file is valid if its clip is labelled Silence.
with silence as (
    select distinct ytid
    from main.subset_clips
    where is_silence
),

typed as (select {{ typed_columns }} from found_files),

checked as (
    select
        typed.* replace (
            case
                when typed.status = 'silent' and silence.ytid is not null then 'ok'
                else typed.status
            end as status
        )
    from typed
    left join silence on typed.ytid = silence.ytid
)

select
    * replace (
        case when status <> 'ok' then reason end as reason,
        case when status = 'ok' then audio_path end as audio_path,
        case when status = 'ok' then byte_offset end as byte_offset,
        case when status = 'ok' then byte_count end as byte_count
    )
from checked
union all by name
select audio_files.*
from main.audio_files
anti join checked on audio_files.ytid = checked.ytid
where
    audio_files.audio_path is null
    and (audio_files.archive is not null or audio_files.status = 'missing')
order by ytid, audio_path
