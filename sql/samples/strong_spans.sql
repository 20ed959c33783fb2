-- One sample that is a window of an event, with the labels that are active in it, as columns of the
-- label mask.
-- The samples of a clip have consecutive numbers, event by event.
with labels as (select * from {{ ref('labels') }}),

sample_clips as (select * from {{ ref('sample_clips') }}),

event_window_counts as (select * from {{ ref('event_window_counts') }}),

present_events as (select * from {{ ref('present_events') }}),

windows as (select * from {{ ref('windows') }}),

clips as (
    select * from sample_clips
    where missing_audio is null and role <> 'weak_negative'
),

-- To add up the windows of each event is cheaper than to number the windows of all.
events as (
    select
        clips.clip_number,
        event_window_counts.subset,
        event_window_counts.event_id,
        clips.first_sample_id - event_window_counts.window_count + cast(
            sum(event_window_counts.window_count) over (
                partition by clips.clip_number
                order by event_window_counts.event_id
                rows between unbounded preceding and current row
            ) as bigint
        ) as first_sample_id
    from event_window_counts
    inner join clips
        on
            event_window_counts.role = clips.role
            and event_window_counts.subset = clips.subset
            and event_window_counts.clip_id = clips.clip_id
    where event_window_counts.window_count > 0
),

-- All events of a clip, of the target or not, in the order of the label mask.
clip_events as (
    select
        clips.clip_number,
        list({
            'start_seconds': present_events.start_seconds,
            'end_seconds': present_events.end_seconds,
            'label_index': labels.label_index
        } order by labels.label_index) as events
    from present_events
    inner join clips
        on present_events.subset = clips.subset and present_events.clip_id = clips.clip_id
    inner join labels on present_events.label_id = labels.label_id
    group by clips.clip_number
),

numbered as (
    select
        windows.*,
        events.first_sample_id + windows.window_index as sample_id,
        events.clip_number,
        list_transform(
            list_filter(
                clip_events.events,
                lambda event:
                event.start_seconds < windows.end_seconds
                and event.end_seconds > windows.start_seconds
            ),
            lambda event: event.label_index
        ) as label_indices
    from windows
    inner join events
        on windows.subset = events.subset and windows.event_id = events.event_id
    inner join clip_events on events.clip_number = clip_events.clip_number
)

select
    numbered.sample_id,
    numbered.clip_number,
    numbered.role,
    main.split_of(numbered.subset) as split,
    numbered.event_id,
    numbered.window_index,
    numbered.start_seconds,
    numbered.end_seconds,
    numbered.label_id,
    main.sorted_set(numbered.label_indices) as label_indices,
    numbered.is_overlapped,
    main.shuffle_key(main.sample_key(
        numbered.subset, numbered.clip_id, numbered.event_id, numbered.window_index
    )) as shuffle_key
from numbered
