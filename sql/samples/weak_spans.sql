-- One sample that is a weak negative clip, with its labels, as columns of the label mask.
with sample_clips as (select * from {{ ref('sample_clips') }}),

labels as (select * from {{ ref('labels') }}),

clips as (
    select * from sample_clips
    where missing_audio is null and role = 'weak_negative'
),

carried as (
    select
        clips.clip_number,
        unnest(clips.label_ids) as label_id
    from clips
),

clip_labels as (
    select
        carried.clip_number,
        list_sort(list(labels.label_index)) as label_indices
    from carried
    inner join labels
        on carried.label_id = labels.label_id
    group by carried.clip_number
)

select
    clips.first_sample_id as sample_id,
    clips.clip_number,
    clips.role,
    clips.split,
    cast(null as bigint) as event_id,
    cast(null as bigint) as window_index,
    cast(0 as decimal(9, 3)) as start_seconds,
    clips.seconds as end_seconds,
    cast(null as varchar) as label_id,
    clip_labels.label_indices,
    cast(null as boolean) as is_overlapped,
    main.shuffle_key(main.sample_key(clips.subset, clips.clip_id, null, null)) as shuffle_key
from clips
inner join clip_labels on clips.clip_number = clip_labels.clip_number
