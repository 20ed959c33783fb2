-- One label of the clip of an item in chosen_items, as the weak subsets list it.
with clips as (
    select
        main.clip_id(weak_clips.ytid, weak_clips.video_start_seconds) as clip_id,
        weak_clips.label_ids
    from internal.numbered_weak_clips as weak_clips
    semi join chosen_items on weak_clips.ytid = left(chosen_items.clip_id, 11)
),

clip_labels as (
    select
        clip_id,
        unnest(label_ids) as label_id
    from clips
)

select distinct
    chosen_items.place,
    coalesce(labels.title, clip_labels.label_id) as title,
    positive_labels.label_id is not null as is_target
from chosen_items
inner join clip_labels on chosen_items.clip_id = clip_labels.clip_id
left join main.labels on clip_labels.label_id = labels.label_id
left join positive_labels on clip_labels.label_id = positive_labels.label_id
order by
    chosen_items.place asc,
    is_target desc,
    title asc
