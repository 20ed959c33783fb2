-- A hole in a pool that is not a member of an excluded clip, or has not the number, label, slice or
-- reason that follow from it.
with excluded_members as (select * from {{ ref('excluded_members') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

clip_windows as (select * from {{ ref('clip_windows') }}),

strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }}),

members as (
    select
        'strong_negative' as pool,
        strong_members.*
    from strong_members
    union all
    select
        'weak_negative' as pool,
        weak_members.*
    from weak_members
),

excluded_samples as (
    select
        'weak_negative' as pool,
        excluded_clips.clip_number as sample_id,
        excluded_clips.reason
    from excluded_clips
    union all
    select
        'strong_negative' as pool,
        unnest(range(
            clip_windows.first_sample_id,
            clip_windows.first_sample_id + clip_windows.window_count
        )) as sample_id,
        excluded_clips.reason
    from excluded_clips
    inner join clip_windows on excluded_clips.clip_number = clip_windows.clip_number
),

numbered as (
    select
        excluded_members.*,
        row_number() over (
            partition by excluded_members.pool order by excluded_members.place
        ) - 1 as expected_hole_number
    from excluded_members
)

select
    numbered.pool,
    numbered.place,
    numbered.hole_number,
    numbered.expected_hole_number
from numbered
left join members on numbered.pool = members.pool and numbered.place = members.place
left join excluded_samples
    on members.pool = excluded_samples.pool and members.sample_id = excluded_samples.sample_id
where
    numbered.hole_number <> numbered.expected_hole_number
    or numbered.label_index is distinct from members.label_index
    or numbered.slice is distinct from members.slice
    or numbered.reason is distinct from excluded_samples.reason
order by numbered.pool, numbered.place
