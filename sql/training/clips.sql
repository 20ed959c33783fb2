-- One clip of a strong subset, with its length, its audio file, the times in which the target is
-- active in it, and, if asked for, its events. All times are in milliseconds.
-- Events without duration are left out, as they are in the times of the target.
with clips as (
    select
        clip_number,
        clip_id,
        case when {{ literal(has_events) }} then events else [] end as events
    from internal.strong_clips
    where subset = {{ literal(subset) }}
),

lengths as (
    select
        strongly_labelled_clips.clip_id,
        max(weak_clips.video_end_seconds - weak_clips.video_start_seconds) as clip_seconds
    from internal.strongly_labelled_clips
    inner join internal.numbered_weak_clips as weak_clips
        on strongly_labelled_clips.clip_number = weak_clips.clip_number
    group by strongly_labelled_clips.clip_id
),

spans as (
    select
        clip_id,
        list(
            {
                'start_ms': main.milliseconds(start_seconds),
                'end_ms': main.milliseconds(end_seconds),
                'label_index': cast(-1 as smallint)
            }
            order by span_index
        ) as spans
    from {{ identifier(target) }}.active_spans
    where subset = {{ literal(subset) }}
    group by clip_id
)

select
    clips.clip_id,
    main.milliseconds(coalesce(lengths.clip_seconds, main.usual_clip_seconds())) as clip_ms,
    clip_audio.audio_path,
    clip_audio.byte_offset,
    clip_audio.byte_count,
    coalesce(spans.spans, []) as spans,
    list_filter(
        clips.events,
        lambda event: event.end_ms > event.start_ms  -- noqa: RF01
    ) as events
from clips
left join lengths on clips.clip_id = lengths.clip_id
left join spans on clips.clip_id = spans.clip_id
left join internal.clip_audio on clips.clip_number = clip_audio.clip_number
order by clips.clip_number
