-- One label of one clip of `used_clips`, with the time in which it is active; of a weak clip, null:
-- throughout.
with weak_labels as (
    select
        used_clips.row_index,
        unnest(weak_clips.label_ids) as label_id
    from internal.numbered_weak_clips as weak_clips
    inner join used_clips on weak_clips.clip_number = used_clips.clip_number
),

strong_labels as (
    select
        used_clips.row_index,
        unnest(strong_clips.events) as event
    from internal.strong_clips
    inner join used_clips on strong_clips.clip_number = used_clips.clip_number
)

select
    strong_labels.row_index,
    strong_labels.event.start_ms,
    strong_labels.event.end_ms,
    strong_labels.event.label_index
from strong_labels
union all
select
    weak_labels.row_index,
    null as start_ms,
    null as end_ms,
    cast(labels.label_index as smallint) as label_index
from weak_labels
inner join main.labels on weak_labels.label_id = labels.label_id
order by row_index
