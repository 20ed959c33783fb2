-- One sample that is a window of an event, and the labels that are heard in it, by their columns
-- of the label mask.
-- The samples of a clip are numbered in a row, event by event.
with label_columns as (select * from {{ ref('label_columns') }}),

clips as (
    select * from {{ ref('sample_clips') }}
    where missing_audio is null and role <> 'weak_negative'
),

-- To add up the windows of each event is cheaper than to number the windows of all.
events as (
    select
        clips.clip_number,
        event_windows.dataset,
        event_windows.source_row,
        clips.first_sample_id - event_windows.segments + cast(sum(event_windows.segments) over (
            partition by clips.clip_number
            order by event_windows.source_row
            rows between unbounded preceding and current row
        ) as bigint) as first_sample_id
    from {{ ref('event_windows') }} as event_windows
    inner join clips
        on
            event_windows.role = clips.role
            and event_windows.dataset = clips.dataset
            and event_windows.clip_id = clips.clip_id
    where event_windows.segments > 0
),

-- Whatever is heard in a clip, of the target or not; in the order of the label mask.
heard as (
    select
        clips.clip_number,
        list({
            'start_seconds': present_events.start_seconds,
            'end_seconds': present_events.end_seconds,
            'label_index': label_columns.label_index
        } order by label_columns.label_index) as events
    from {{ ref('present_events') }} as present_events
    inner join clips
        on present_events.dataset = clips.dataset and present_events.clip_id = clips.clip_id
    inner join label_columns on present_events.label_id = label_columns.label_id
    group by clips.clip_number
),

windows as (
    select
        segments.*,
        events.first_sample_id + segments.segment_index as sample_id,
        events.clip_number,
        list_transform(
            list_filter(
                heard.events,
                lambda event:
                event.start_seconds < segments.end_seconds
                and event.end_seconds > segments.start_seconds
            ),
            lambda event: event.label_index
        ) as label_indices
    from {{ ref('segments') }} as segments
    inner join events
        on segments.dataset = events.dataset and segments.source_row = events.source_row
    inner join heard on events.clip_number = heard.clip_number
)

select
    windows.sample_id,
    windows.clip_number,
    windows.role,
    case when windows.dataset = 'train' then 'train' else 'eval' end as split,
    windows.source_row,
    windows.segment_index,
    windows.start_seconds,
    windows.end_seconds,
    windows.label_id,
    main.sorted_set(windows.label_indices) as label_indices,
    windows.is_overlapped,
    main.shuffle_key(main.sample_key(
        windows.dataset, windows.clip_id, windows.source_row, windows.segment_index
    )) as shuffle_key
from windows
