-- An event whose windows are not numbered after those of the event before, the first one after the
-- clips of the weak subsets, or whose clip does not say where its windows begin and how many it
-- has.
with event_windows as (select * from {{ ref('event_windows') }}),

clip_windows as (select * from {{ ref('clip_windows') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

numbered as (
    select
        event_windows.subset,
        event_windows.event_id,
        event_windows.clip_number,
        event_windows.window_count,
        event_windows.first_sample_id,
        (select coalesce(max(numbered_weak_clips.clip_number) + 1, 0) from numbered_weak_clips)
        - event_windows.window_count
        + sum(event_windows.window_count) over (
            order by event_windows.clip_number, event_windows.event_id
            rows between unbounded preceding and current row
        ) as expected_first_sample_id
    from event_windows
),

clips as (
    select
        numbered.clip_number,
        min(numbered.expected_first_sample_id) as first_sample_id,
        sum(numbered.window_count) as window_count
    from numbered
    group by numbered.clip_number
),

wrong_clips as (
    select clips.clip_number
    from clips
    left join clip_windows on clips.clip_number = clip_windows.clip_number
    where
        clips.first_sample_id is distinct from clip_windows.first_sample_id
        or clips.window_count is distinct from clip_windows.window_count
)

select
    numbered.subset,
    numbered.event_id,
    numbered.first_sample_id,
    numbered.expected_first_sample_id
from numbered
left join wrong_clips on numbered.clip_number = wrong_clips.clip_number
where
    numbered.first_sample_id <> numbered.expected_first_sample_id
    or wrong_clips.clip_number is not null
order by numbered.expected_first_sample_id
