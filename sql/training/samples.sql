-- One sample: a window of a positive or a strong negative, or a weak negative clip, that training
-- or evaluation may read.
-- Samples are numbered from 0: the train split first, then by role, then as they stand in the
-- source. The number of a sample may be another one in another catalog, its key is not.
{{ materialized('table') }}
with kept_clips as (select * from {{ ref('sample_clips') }} where removed_by is null),

segments as (select * from {{ ref('segments') }}),

-- What samples are cut from: an event with its windows, or a clip. To number these few, and to
-- add up, is cheaper than to sort all windows.
events as (
    select
        segments.role,
        segments.dataset,
        segments.source_row,
        any_value(segments.clip_id) as clip_id,
        count(*) as samples
    from segments
    group by segments.role, segments.dataset, segments.source_row
),

sources as (
    select
        events.role,
        events.dataset,
        events.source_row,
        events.samples,
        kept_clips.clip_id,
        kept_clips.ytid,
        kept_clips.audio_path,
        kept_clips.seconds,
        kept_clips.label_ids
    from events
    inner join kept_clips
        on
            events.role = kept_clips.role
            and events.dataset = kept_clips.dataset
            and events.clip_id = kept_clips.clip_id
    union all
    select
        kept_clips.role,
        kept_clips.dataset,
        null as source_row,
        1 as samples,
        kept_clips.clip_id,
        kept_clips.ytid,
        kept_clips.audio_path,
        kept_clips.seconds,
        kept_clips.label_ids
    from kept_clips
    where kept_clips.role = 'weak_negative'
),

numbered as (
    select
        sources.*,
        case when sources.dataset in ('eval', 'eval_framed') then 'eval' else 'train' end as split,
        cast(sum(sources.samples) over (
            order by
                case when sources.dataset in ('eval', 'eval_framed') then 1 else 0 end,
                sources.role,
                sources.dataset,
                sources.source_row,
                sources.clip_id
            rows between unbounded preceding and current row
        ) as bigint) - sources.samples as first_sample_id
    from sources
),

clip_events as (
    select
        present_events.dataset,
        present_events.clip_id,
        list({
            'start_seconds': present_events.start_seconds,
            'end_seconds': present_events.end_seconds,
            'label_id': present_events.label_id
        }) as events
    from {{ ref('present_events') }} as present_events
    group by present_events.dataset, present_events.clip_id
)

select
    numbered.first_sample_id + segments.segment_index as sample_id,
    concat(
        numbered.dataset, '/', numbered.clip_id,
        '/', numbered.source_row, '.', segments.segment_index
    ) as sample_key,
    numbered.role,
    numbered.split,
    numbered.dataset,
    numbered.clip_id,
    numbered.ytid,
    segments.start_seconds,
    segments.end_seconds,
    segments.label_id,
    list_sort(list_distinct(list_transform(
        list_filter(
            clip_events.events,
            lambda event:
            event.start_seconds < segments.end_seconds
            and event.end_seconds > segments.start_seconds
        ),
        lambda event: event.label_id
    ))) as label_ids,
    segments.is_overlapped,
    numbered.audio_path
from segments
inner join numbered
    on
        segments.role = numbered.role
        and segments.dataset = numbered.dataset
        and segments.source_row = numbered.source_row
inner join clip_events
    on segments.dataset = clip_events.dataset and segments.clip_id = clip_events.clip_id
union all
select
    numbered.first_sample_id as sample_id,
    numbered.dataset || '/' || numbered.clip_id as sample_key,
    numbered.role,
    numbered.split,
    numbered.dataset,
    numbered.clip_id,
    numbered.ytid,
    0 as start_seconds,
    numbered.seconds as end_seconds,
    null as label_id,
    list_sort(numbered.label_ids) as label_ids,
    null as is_overlapped,
    numbered.audio_path
from numbered
where numbered.role = 'weak_negative'
