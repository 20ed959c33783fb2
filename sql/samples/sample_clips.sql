-- One clip that samples come from, or would come from if its audio were available.
-- Samples are numbered clip by clip, those of the train split first. As long as the catalog has no
-- inventory of audio, all audio counts as available.
{{ config(materialized='table') }}
with event_window_counts as (select * from {{ ref('event_window_counts') }}),

kept_weak_negatives as (select * from {{ ref('kept_weak_negatives') }}),

clips as (
    select
        event_window_counts.role,
        event_window_counts.subset,
        event_window_counts.clip_id,
        cast(sum(event_window_counts.window_count) as bigint) as sample_count,
        null as video_seconds,
        null as label_ids
    from event_window_counts
    where event_window_counts.window_count > 0
    group by event_window_counts.role, event_window_counts.subset, event_window_counts.clip_id
    union all
    select
        'weak_negative' as role,
        kept.subset,
        kept.clip_id,
        1 as sample_count,
        kept.video_end_seconds - kept.video_start_seconds as video_seconds,
        kept.label_ids
    from kept_weak_negatives as kept
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
        main.split_of(clips.subset) as split,
        case
            when audio.audio_path is null and exists (select 1 from main.audio_files)
                then coalesce(audio.status, 'not_found')
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
    found.subset,
    found.clip_id,
    found.sample_count,
    cast(
        sum(found.sample_count) filter (where found.missing_audio is null) over numbered as bigint
    ) - found.sample_count as first_sample_id,
    found.label_ids,
    found.missing_audio,
    found.audio_path,
    found.seconds
from found
window numbered as (
    order by found.split desc, found.role asc, found.subset asc, found.clip_id asc
    rows between unbounded preceding and current row
)
