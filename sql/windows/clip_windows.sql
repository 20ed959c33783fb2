-- One clip of the strong subsets, with the numbers of its windows of {{ window_ms }} ms.
-- Windows are numbered after the clips of the weak subsets: clip by clip, event by event. The
-- number of a window is its sample_id, for all targets of the window length, whatever audio there
-- is.
{{ config(materialized='table') }}
with strong_clips as (select * from {{ ref('strong_clips') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

counted as (
    select
        strong_clips.clip_number,
        list_transform(
            strong_clips.events,
            lambda event: cast(
                main.window_count(event.end_ms - event.start_ms, {{ window_ms }}) as integer
            )
        ) as window_counts,
        coalesce(list_sum(window_counts), 0) as window_count
    from strong_clips
),

numbered as (
    select
        counted.*,
        (select coalesce(max(numbered_weak_clips.clip_number) + 1, 0) from numbered_weak_clips)
        + sum(counted.window_count) over (
            order by counted.clip_number rows between unbounded preceding and current row
        ) - counted.window_count as first_sample_id
    from counted
)

select
    numbered.clip_number,
    cast(numbered.first_sample_id as integer) as first_sample_id,
    cast(numbered.window_count as integer) as window_count,
    -- Of each event, the number of its first window.
    list_transform(
        range(len(numbered.window_counts)),
        lambda place: cast(
            numbered.first_sample_id + coalesce(list_sum(numbered.window_counts[:place]), 0)
            as integer
        )
    ) as first_sample_ids
from numbered
order by numbered.clip_number
