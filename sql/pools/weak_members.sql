-- One clip of the weak train subsets that may be a sample, under one of its labels.
-- The members of a label are shuffled by their keys and have consecutive places, so that the
-- members of a rank, or the next one in a random order, are found by arithmetic. All targets draw
-- from this order; what is not a negative of a target is a hole in it: see excluded_members.
{{ config(materialized='table') }}
with numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

weak_samples as (select * from {{ ref('weak_samples') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

carried as (
    select
        numbered_weak_clips.clip_number as sample_id,
        main.shuffle_key(main.sample_key(
            numbered_weak_clips.subset,
            main.clip_id(numbered_weak_clips.ytid, numbered_weak_clips.video_start_seconds),
            null,
            null
        )) as shuffle_key,
        unnest(numbered_weak_clips.label_ids) as label_id
    from numbered_weak_clips
    semi join weak_samples
        on
            numbered_weak_clips.clip_number = weak_samples.clip_number
            and weak_samples.reason is null
    where main.split_of(numbered_weak_clips.subset) = 'train'
),

-- Texts would take twice the time to sort.
members as (
    select
        mask_labels.label_index,
        carried.shuffle_key,
        carried.sample_id
    from carried
    inner join mask_labels on carried.label_id = mask_labels.label_id
)

select
    cast(row_number() over (
        order by members.label_index, members.shuffle_key, members.sample_id
    ) - 1 as integer) as place,
    members.label_index,
    cast(main.slice_of(members.shuffle_key) as smallint) as slice,
    members.sample_id
from members
