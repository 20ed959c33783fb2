-- One clip with windows of which less than half lies within its audio: how many of its windows, and
-- how many of its positive ones.
with cut_off_windows as (select * from {{ ref('cut_off_windows') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

positive_events as (select * from {{ ref('positive_events') }})

select
    cut_off_windows.clip_number,
    sum(cut_off_windows.window_count) as window_count,
    coalesce(
        sum(cut_off_windows.window_count) filter (where positive_events.event_id is not null), 0
    ) as positive_window_count
from cut_off_windows
inner join strong_clips on cut_off_windows.clip_number = strong_clips.clip_number
left join positive_events
    on
        strong_clips.subset = positive_events.subset
        and cut_off_windows.event_id = positive_events.event_id
group by cut_off_windows.clip_number
