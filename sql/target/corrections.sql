-- One mark of a listener that concerns the target, with what it marks: an event with a label of the
-- target ('positive') or another one ('strong_negative'), or a clip of the weak subsets that
-- carries the target ('weak_positive') or does not ('weak_negative').
-- A mark 'incorrect' says of a positive that it is not its label, and of a negative that it
-- contains the target. A mark without a target concerns the targets whose label it denies.
{{ config(materialized='table') }}
with present_events as (select * from {{ ref('present_events') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

target_labels as (select * from {{ ref('target_labels') }}),

marks as (
    select *
    from internal.marks
    where target is null or target = {{ literal(target.name) }}
),

positive_labels as (
    select list(target_labels.label_id) as label_ids
    from target_labels
    where target_labels.role = 'positive'
),

marked_events as (
    select
        marks.*,
        present_events.event_id as marked_event_id,
        present_events.label_id as marked_label_id,
        list_contains(positive_labels.label_ids, present_events.label_id) as is_target
    from marks
    inner join present_events
        on
            marks.subset = present_events.subset
            and marks.clip_id = present_events.clip_id
            and coalesce(marks.event_id, present_events.event_id) = present_events.event_id
            and coalesce(marks.label_id, present_events.label_id) = present_events.label_id
    cross join positive_labels
),

marked_clips as (
    select
        marks.*,
        numbered_weak_clips.clip_number,
        main.carries_any(numbered_weak_clips.label_ids, positive_labels.label_ids) as is_target
    from marks
    inner join numbered_weak_clips
        on
            marks.subset = numbered_weak_clips.subset
            and left(marks.clip_id, 11) = numbered_weak_clips.ytid
            and marks.clip_id = main.clip_id(
                numbered_weak_clips.ytid, numbered_weak_clips.video_start_seconds
            )
    cross join positive_labels
    where marks.label_id is null or list_contains(numbered_weak_clips.label_ids, marks.label_id)
),

-- A mark of a whole clip that has the target means the events of the target in it.
meant_events as (
    select
        marked_events.*,
        bool_or(marked_events.is_target) over (
            partition by marked_events.file, marked_events.line
        ) as has_target
    from marked_events
)

select
    meant_events.subset,
    meant_events.clip_id,
    cast(null as integer) as clip_number,
    cast(meant_events.marked_event_id as bigint) as event_id,
    meant_events.marked_label_id as label_id,
    meant_events.sample_key,
    case when meant_events.is_target then 'positive' else 'strong_negative' end as role,
    meant_events.verdict,
    meant_events.note,
    meant_events.file,
    meant_events.line
from meant_events
where
    meant_events.is_target
    or (
        meant_events.target is not null
        and (meant_events.event_id is not null or not meant_events.has_target)
    )
union all
select
    marked_clips.subset,
    marked_clips.clip_id,
    marked_clips.clip_number,
    null as event_id,
    marked_clips.label_id,
    marked_clips.sample_key,
    case when marked_clips.is_target then 'weak_positive' else 'weak_negative' end as role,
    marked_clips.verdict,
    marked_clips.note,
    marked_clips.file,
    marked_clips.line
from marked_clips
where marked_clips.is_target or marked_clips.target is not null
order by file, line, event_id
