-- One 960 ms frame of the framed subset that is evaluated: positive if a label of the target is
-- present in it; negative if one is verified to be absent, none is present, and no ignored label is
-- present. Frames of which nothing is known are negative only with --implicit-negatives.
{{ config(materialized='table', schema='scoring') }}
with framed_events as (select * from {{ ref('framed_events') }}),

target_labels as (select * from {{ ref('target_labels') }}),

evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

labelled as (
    select
        framed_events.clip_id,
        framed_events.start_seconds,
        framed_events.end_seconds,
        coalesce(bool_or(framed_events.is_present and target_labels.role = 'positive'), false)
            as is_positive,
        coalesce(bool_or(not framed_events.is_present and target_labels.role = 'positive'), false)
            as is_verified,
        coalesce(bool_or(framed_events.is_present and target_labels.role = 'ignored'), false)
            as is_ignored
    from framed_events
    left join target_labels on framed_events.label_id = target_labels.label_id
    group by framed_events.clip_id, framed_events.start_seconds, framed_events.end_seconds
)

select
    evaluation_clips.clip_number,
    cast(labelled.start_seconds * 1000000 as bigint) as start_us,
    cast(labelled.end_seconds * 1000000 as bigint) as end_us,
    labelled.is_positive
from labelled
inner join evaluation_clips
    on
        labelled.clip_id = evaluation_clips.clip_id
        and evaluation_clips.subset = 'strong_eval_framed'
where
    labelled.is_positive
    or (not labelled.is_ignored and (labelled.is_verified or {{ literal(implicit_negatives) }}))
