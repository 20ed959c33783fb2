-- One sample, before it is written out: its part of a clip in milliseconds, and what its labels
-- follow from. `events` are all events of the clip of a window, `clip_label_ids` the labels of a
-- weak clip.
with positive_samples as (select * from {{ ref('positive_samples') }}),

strong_windows as (select * from {{ ref('strong_windows') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

weak_spans as (select * from {{ ref('weak_spans') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

positives as (
    select
        'positive' as role,
        positive_samples.*,
        strong_clips.clip_id,
        strong_clips.events,
        clip_audio.audio_path,
        clip_audio.byte_offset,
        clip_audio.byte_count
    from positive_samples
    inner join strong_clips on positive_samples.clip_number = strong_clips.clip_number
    left join clip_audio on positive_samples.clip_number = clip_audio.clip_number
),

strong_negatives as (
    select
        'strong_negative' as role,
        strong_windows.*,
        cast(null as boolean) as is_overlapped
    from strong_windows
    anti join excluded_clips on strong_windows.clip_number = excluded_clips.clip_number
),

weak_clips as (
    select
        weak_spans.*,
        main.clip_id(numbered_weak_clips.ytid, numbered_weak_clips.video_start_seconds) as clip_id,
        numbered_weak_clips.label_ids as clip_label_ids,
        clip_audio.audio_path,
        clip_audio.byte_offset,
        clip_audio.byte_count
    from weak_spans
    inner join numbered_weak_clips on weak_spans.clip_number = numbered_weak_clips.clip_number
    left join clip_audio on weak_spans.clip_number = clip_audio.clip_number
),

spans as (
    select * from positives
    union all by name
    select * from strong_negatives
    union all by name
    select * from weak_clips
)

select
    spans.sample_id,
    spans.role,
    main.split_of(spans.subset) as split,
    spans.subset,
    spans.clip_number,
    spans.clip_id,
    spans.event_id,
    spans.window_index,
    spans.start_ms,
    spans.end_ms,
    spans.label_index,
    spans.is_overlapped,
    spans.events,
    spans.clip_label_ids,
    spans.audio_path,
    spans.byte_offset,
    spans.byte_count
from spans
