-- One mark of something that the catalog does not have: a clip, an event, or a label of one.
with known as (
    select
        present_events.subset,
        present_events.clip_id,
        present_events.event_id,
        present_events.label_id
    from internal.present_events
    union all
    select
        weak_clips.subset,
        weak_clips.clip_id,
        null as event_id,
        unnest(weak_clips.label_ids) as label_id
    from main.weak_clips
    semi join internal.marks
        on weak_clips.subset = marks.subset and weak_clips.ytid = left(marks.clip_id, 11)
)

select
    marks.file,
    marks.line,
    concat_ws(
        ' ',
        coalesce(marks.sample_key, concat_ws('/', marks.subset, marks.clip_id, marks.event_id)),
        marks.label_id
    ) as name
from internal.marks
anti join known
    on
        marks.subset = known.subset
        and marks.clip_id = known.clip_id
        and coalesce(marks.event_id, known.event_id) is not distinct from known.event_id
        and coalesce(marks.label_id, known.label_id) = known.label_id
order by marks.file, marks.line
