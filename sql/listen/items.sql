-- One row of chosen_rows as an item to listen to: its times, what its labels say of the target, and
-- its audio file. What is not in the catalog has no times, or no clip.
with named as (
    select
        place,
        sample_key,
        coalesce(split_part(sample_key, '/', 1), subset) as subset,
        coalesce(split_part(sample_key, '/', 2), clip_id) as clip_id,
        try_cast(split_part(split_part(sample_key, '/', 3), '.', 1) as integer) as key_event_id,
        try_cast(split_part(split_part(sample_key, '/', 3), '.', 2) as bigint) as window_index,
        case when sample_key is null then event_id end as event_id,
        case when sample_key is null then label_id end as label_id,
        start_seconds,
        end_seconds,
        detector,
        score,
        reason
    from chosen_rows
),

strong as (
    select
        strong_clips.subset,
        strong_clips.clip_id,
        strong_clips.clip_number
    from internal.strong_clips
    semi join named on strong_clips.clip_id = named.clip_id
),

framed as (
    select distinct
        framed_events.subset,
        framed_events.clip_id
    from main.framed_events
    semi join named on framed_events.clip_id = named.clip_id
),

weak as (
    select
        weak_clips.subset,
        main.clip_id(weak_clips.ytid, weak_clips.video_start_seconds) as clip_id,
        weak_clips.clip_number,
        weak_clips.label_ids,
        weak_clips.video_end_seconds - weak_clips.video_start_seconds as clip_seconds
    from internal.numbered_weak_clips as weak_clips
    semi join named on weak_clips.ytid = left(named.clip_id, 11)
),

-- Frames in which labels are verified to be absent make up clips without events.
without_events as (
    select framed.*
    from framed
    anti join strong on framed.subset = strong.subset and framed.clip_id = strong.clip_id
),

clips as (
    select * from strong
    union all by name
    select * from weak
    union all by name
    select * from without_events
),

-- The audio of a clip does not depend on its subset.
lengths as (
    select
        clips.clip_id,
        arg_min(clips.subset, main.subset_place(clips.subset)) as first_subset,
        coalesce(max(clips.clip_seconds), main.usual_clip_seconds()) as clip_seconds,
        any_value(clip_audio.audio_path) as audio_path,
        any_value(clip_audio.byte_offset) as byte_offset,
        any_value(clip_audio.byte_count) as byte_count
    from clips
    left join internal.clip_audio on clips.clip_number = clip_audio.clip_number
    group by clips.clip_id
),

{% if schema %}
    samples as (
        select
            named.place,
            sample_spans.role,
            sample_spans.role in ('positive', 'weak_positive') as is_positive,
            main.seconds(sample_spans.start_ms) as start_seconds,
            main.seconds(sample_spans.end_ms) as end_seconds,
            mask_labels.label_id
        from named
        inner join {{ schema }}.sample_spans
            on
                named.subset = sample_spans.subset
                and named.clip_id = sample_spans.clip_id
                and named.key_event_id is not distinct from sample_spans.event_id
                and named.window_index is not distinct from sample_spans.window_index
        left join internal.mask_labels on sample_spans.label_index = mask_labels.label_index
        -- A key is written in one way only.
        where
            named.sample_key = main.sample_key(
                sample_spans.subset,
                sample_spans.clip_id,
                sample_spans.event_id,
                sample_spans.window_index
            )
    ),

    target_labels as (
        select label_id
        from {{ schema }}.target_labels
        where role = 'positive'
    ),

    active_spans as (select * from {{ schema }}.active_spans),
{% else %}
    samples as (
        select
            place,
            cast(null as varchar) as role,
            cast(null as boolean) as is_positive,
            start_seconds,
            end_seconds,
            label_id
        from named
        where false
    ),

    target_labels as (
        select label_id
        from named
        where false
    ),

    active_spans as (
        select
            subset,
            clip_id,
            start_seconds,
            end_seconds
        from named
        where false
    ),
{% endif %}

placed as (
    select
        named.place,
        named.sample_key,
        coalesce(named.subset, lengths.first_subset) as subset,
        lengths.clip_id,
        named.clip_id as named_clip_id,
        named.event_id,
        named.label_id,
        samples.role,
        samples.is_positive as is_positive_sample,
        coalesce(samples.label_id, named.label_id) as item_label_id,
        case when named.sample_key is null then named.start_seconds else samples.start_seconds end
            as start_seconds,
        case when named.sample_key is null then named.end_seconds else samples.end_seconds end
            as end_seconds,
        lengths.clip_seconds,
        lengths.audio_path,
        lengths.byte_offset,
        lengths.byte_count,
        named.detector,
        named.score,
        named.reason
    from named
    left join lengths on named.clip_id = lengths.clip_id
    left join samples on named.place = samples.place
),

active as (
    select distinct placed.place
    from placed
    inner join active_spans
        on
            placed.subset = active_spans.subset
            and placed.clip_id = active_spans.clip_id
            and placed.start_seconds < active_spans.end_seconds
            and placed.end_seconds > active_spans.start_seconds
    union
    select distinct placed.place
    from placed
    inner join weak on placed.subset = weak.subset and placed.clip_id = weak.clip_id
    inner join target_labels on list_contains(weak.label_ids, target_labels.label_id)
)

select
    placed.place,
    placed.sample_key,
    placed.subset,
    placed.clip_id,
    placed.named_clip_id,
    clips.clip_id is not null as is_in_subset,
    placed.event_id,
    placed.label_id,
    placed.role,
    coalesce(placed.is_positive_sample, active.place is not null) as is_positive,
    labels.title as item_title,
    placed.start_seconds,
    placed.end_seconds,
    placed.clip_seconds,
    placed.audio_path,
    placed.byte_offset,
    placed.byte_count,
    main.video_url(placed.clip_id, placed.start_seconds) as url,
    placed.detector,
    placed.score,
    placed.reason
from placed
left join clips on placed.subset = clips.subset and placed.clip_id = clips.clip_id
left join active on placed.place = active.place
left join main.labels on placed.item_label_id = labels.label_id
order by placed.place
