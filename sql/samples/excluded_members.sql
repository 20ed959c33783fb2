-- One member of the shared pools that is not a negative of the target: a hole in their order.
{{ config(materialized='table') }}
with excluded_clips as (select * from {{ ref('excluded_clips') }}),

clip_windows as (select * from {{ ref('clip_windows') }}),

strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }}),

excluded_windows as (
    select
        excluded_clips.reason,
        unnest(range(
            clip_windows.first_sample_id,
            clip_windows.first_sample_id + clip_windows.window_count
        )) as sample_id
    from clip_windows
    inner join excluded_clips on clip_windows.clip_number = excluded_clips.clip_number
),

members as (
    select
        'strong_negative' as pool,
        strong_members.*,
        excluded_windows.reason
    from strong_members
    inner join excluded_windows on strong_members.sample_id = excluded_windows.sample_id
    union all
    select
        'weak_negative' as pool,
        weak_members.*,
        excluded_clips.reason
    from weak_members
    inner join excluded_clips on weak_members.sample_id = excluded_clips.clip_number
)

select
    members.pool,
    members.label_index,
    members.slice,
    members.place,
    members.reason,
    cast(row_number() over (partition by members.pool order by members.place) - 1 as integer)
        as hole_number
from members
order by members.pool, members.place
