-- One audio file of a clip. Found in the audio root; or recorded by an extraction, for a clip of
-- which no file was found. A silent file is valid if its clip is labelled Silence. A file that is
-- not the clip, says its name or its length, is not valid.
with silence as (
    select distinct ytid
    from main.subset_clips
    where is_silence
),

typed as (
    select
        ytid,
        {{ typed_columns }},
        clip_seconds,
        wrong_part
    from named_files
),

checked as (
    select
        typed.* replace (
            case
                when typed.wrong_part is not null then 'wrong_part'
                when typed.status = 'silent' and silence.ytid is not null then 'ok'
                when
                    typed.status = 'ok'
                    and main.is_too_long(typed.duration_seconds, typed.clip_seconds)
                    then 'wrong_length'
                else typed.status
            end as status,
            coalesce(
                typed.wrong_part,
                typed.reason,
                main.too_long_reason(typed.duration_seconds, typed.clip_seconds)
            ) as reason
        )
    from typed
    left join silence on typed.ytid = silence.ytid
)

select
    * exclude (clip_seconds, wrong_part) replace (
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
