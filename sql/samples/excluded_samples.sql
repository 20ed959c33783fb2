-- One window or weak clip that is not a negative of the target, with the reason.
with excluded_clips as (select * from {{ ref('excluded_clips') }}),

clip_windows as (select * from {{ ref('clip_windows') }})

select
    'strong_negative' as pool,
    unnest(range(
        clip_windows.first_sample_id,
        clip_windows.first_sample_id + clip_windows.window_count
    )) as sample_id,
    excluded_clips.reason
from clip_windows
inner join excluded_clips on clip_windows.clip_number = excluded_clips.clip_number
union all
-- Strong clips are among them, but have no members of this pool.
select
    'weak_negative' as pool,
    excluded_clips.clip_number as sample_id,
    excluded_clips.reason
from excluded_clips
