-- One subset, with the number of rows that each relation of the target has of it.
with positive_events as (select * from {{ ref('positive_events') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

clip_windows as (select * from {{ ref('clip_windows') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

subsets as (select unnest(main.subset_names()) as subset),

positive_counts as (
    select
        positive_events.subset,
        count(*) as positive_event_count,
        count(*) filter (where not positive_events.is_overlapped) as not_overlapped_event_count,
        count(*) filter (where positive_events.is_overlapped) as overlapped_event_count,
        sum(main.window_count(
            main.milliseconds(positive_events.end_seconds - positive_events.start_seconds),
            {{ window_ms }}
        )) as positive_window_count
    from positive_events
    group by positive_events.subset
),

-- A clip that is not excluded is a negative with all its events.
strong_counts as (
    select
        strong_clips.subset,
        sum(len(strong_clips.events)) as strong_negative_event_count,
        sum(clip_windows.window_count) as strong_negative_window_count
    from strong_clips
    inner join clip_windows on strong_clips.clip_number = clip_windows.clip_number
    anti join excluded_clips on strong_clips.clip_number = excluded_clips.clip_number
    group by strong_clips.subset
),

weak_counts as (
    select
        numbered_weak_clips.subset,
        count(*) as weak_negative_count
    from numbered_weak_clips
    anti join excluded_clips
        on
            numbered_weak_clips.clip_number = excluded_clips.clip_number
            and excluded_clips.reason <> 'strong_positive'
    group by numbered_weak_clips.subset
)

select
    subsets.subset,
    coalesce(positive_counts.positive_event_count, 0) as positive_event_count,
    coalesce(positive_counts.not_overlapped_event_count, 0) as not_overlapped_event_count,
    coalesce(positive_counts.overlapped_event_count, 0) as overlapped_event_count,
    cast(coalesce(positive_counts.positive_window_count, 0) as bigint) as positive_window_count,
    cast(coalesce(strong_counts.strong_negative_event_count, 0) as bigint)
        as strong_negative_event_count,
    cast(coalesce(strong_counts.strong_negative_window_count, 0) as bigint)
        as strong_negative_window_count,
    coalesce(weak_counts.weak_negative_count, 0) as weak_negative_count
from subsets
left join positive_counts on subsets.subset = positive_counts.subset
left join strong_counts on subsets.subset = strong_counts.subset
left join weak_counts on subsets.subset = weak_counts.subset
order by main.subset_place(subsets.subset)
