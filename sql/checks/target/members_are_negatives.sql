-- A member of a pool, which a batch may draw, that is not a negative of the train split: its clip
-- is excluded or is not a sample.
with shared_members as (select * from {{ ref('shared_members') }}),

excluded_members as (select * from {{ ref('excluded_members') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

clip_windows as (select * from {{ ref('clip_windows') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

weak_samples as (select * from {{ ref('weak_samples') }}),

not_negatives as (
    select
        'strong_negative' as pool,
        unnest(range(
            clip_windows.first_sample_id,
            clip_windows.first_sample_id + clip_windows.window_count
        )) as sample_id
    from clip_windows
    inner join strong_clips on clip_windows.clip_number = strong_clips.clip_number
    left join clip_audio on clip_windows.clip_number = clip_audio.clip_number
    left join excluded_clips on clip_windows.clip_number = excluded_clips.clip_number
    where
        strong_clips.subset <> 'strong_train'
        or excluded_clips.clip_number is not null
        or clip_audio.reason is not null
    union all
    select
        'weak_negative' as pool,
        weak_samples.clip_number as sample_id
    from weak_samples
    left join excluded_clips on weak_samples.clip_number = excluded_clips.clip_number
    where
        weak_samples.reason is not null
        or weak_samples.subset = 'weak_eval'
        or excluded_clips.clip_number is not null
)

select
    shared_members.pool,
    shared_members.label_index,
    shared_members.sample_id
from shared_members
semi join not_negatives
    on
        shared_members.pool = not_negatives.pool
        and shared_members.sample_id = not_negatives.sample_id
anti join excluded_members
    on shared_members.pool = excluded_members.pool and shared_members.place = excluded_members.place
