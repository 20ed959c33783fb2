-- One sample as it is stored: what part of which clip, and the labels that are heard in it.
-- Samples are numbered clip by clip. To add up the windows of each event is cheaper than to sort
-- the windows of all.
{{ materialized('table') }}
with segments as (select * from {{ ref('segments') }}),

clips as (
    select * from {{ ref('sample_clips') }}
    where missing_audio is null
),

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
        clips.clip_number,
        clips.role,
        clips.dataset,
        events.source_row,
        events.samples
    from events
    inner join clips
        on
            events.role = clips.role
            and events.dataset = clips.dataset
            and events.clip_id = clips.clip_id
    union all
    select
        clips.clip_number,
        clips.role,
        clips.dataset,
        null as source_row,
        clips.samples
    from clips
    where clips.role = 'weak_negative'
),

numbered as (
    select
        sources.*,
        cast(sum(sources.samples) over (
            order by sources.clip_number, sources.source_row
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
    numbered.clip_number,
    segments.role,
    case when segments.dataset = 'train' then 'train' else 'eval' end as split,
    segments.source_row,
    segments.segment_index,
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
    main.shuffle_key(main.sample_key(
        segments.dataset, segments.clip_id, segments.source_row, segments.segment_index
    )) as shuffle_key
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
    clips.clip_number,
    clips.role,
    clips.split,
    null as source_row,
    null as segment_index,
    0 as start_seconds,
    clips.seconds as end_seconds,
    null as label_id,
    clips.label_ids,
    null as is_overlapped,
    main.shuffle_key(main.sample_key(clips.dataset, clips.clip_id, null, null)) as shuffle_key
from numbered
inner join clips on numbered.clip_number = clips.clip_number
where numbered.role = 'weak_negative'
