-- One clip that samples are made of, or would be if its audio were there.
-- Samples are numbered clip by clip, those of the train split first.
-- Without any inventory of audio, all audio is taken as there.
{{ materialized('table') }}
with clips as (
    select
        event_windows.role,
        event_windows.dataset,
        event_windows.clip_id,
        cast(sum(event_windows.segments) as bigint) as samples,
        null as video_seconds,
        null as label_ids
    from {{ ref('event_windows') }} as event_windows
    where event_windows.segments > 0
    group by event_windows.role, event_windows.dataset, event_windows.clip_id
    union all
    select
        'weak_negative' as role,
        kept.dataset,
        kept.clip_id,
        1 as samples,
        kept.video_end_seconds - kept.video_start_seconds as video_seconds,
        kept.label_ids
    from {{ ref('kept_weak_negatives') }} as kept
),

audio as (
    select
        audio_files.ytid,
        min(audio_files.audio_path) as audio_path,
        arg_min(audio_files.duration_seconds, audio_files.audio_path) as audio_seconds,
        min(audio_files.status) filter (where audio_files.audio_path is null) as status
    from main.audio_files
    group by audio_files.ytid
),

found as (
    select
        clips.*,
        case when clips.dataset in ('eval', 'eval_framed') then 'eval' else 'train' end as split,
        case
            when audio.audio_path is null and exists (select 1 from main.audio_files)
                then coalesce(audio.status, 'not found')
        end as missing_audio,
        audio.audio_path,
        cast(coalesce(audio.audio_seconds, clips.video_seconds) as decimal(9, 3)) as seconds
    from clips
    left join audio on left(clips.clip_id, 11) = audio.ytid
)

select
    row_number() over numbered as clip_number,
    found.role,
    found.split,
    found.dataset,
    found.clip_id,
    found.samples,
    cast(
        sum(found.samples) filter (where found.missing_audio is null) over numbered as bigint
    ) - found.samples as first_sample_id,
    found.label_ids,
    found.missing_audio,
    found.audio_path,
    found.seconds
from found
window numbered as (
    order by found.split desc, found.role asc, found.dataset asc, found.clip_id asc
    rows between unbounded preceding and current row
)
