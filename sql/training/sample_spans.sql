-- One sample as it is stored: what part of which clip, and the labels that are heard in it.
{{ materialized('table') }}
with segments as (select * from {{ ref('segments') }}),

sample_sources as (select * from {{ ref('sample_sources') }}),

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
    sample_sources.first_sample_id + segments.segment_index as sample_id,
    sample_sources.clip_number,
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
inner join sample_sources
    on
        segments.role = sample_sources.role
        and segments.dataset = sample_sources.dataset
        and segments.source_row = sample_sources.source_row
inner join clip_events
    on segments.dataset = clip_events.dataset and segments.clip_id = clip_events.clip_id
union all
select
    sample_sources.first_sample_id as sample_id,
    clips.clip_number,
    clips.role,
    clips.split,
    null as source_row,
    null as segment_index,
    cast(0 as decimal(9, 3)) as start_seconds,
    clips.seconds as end_seconds,
    null as label_id,
    clips.label_ids,
    null as is_overlapped,
    main.shuffle_key(main.sample_key(clips.dataset, clips.clip_id, null, null)) as shuffle_key
from sample_sources
inner join {{ ref('sample_clips') }} as clips
    on sample_sources.clip_number = clips.clip_number
where sample_sources.role = 'weak_negative'
