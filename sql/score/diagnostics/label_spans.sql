-- One time in which a label is active in a clip without the target, times that overlap or touch
-- joined. With null for the label, one time in which any label is. What lies beyond the length of
-- the clip is left out, as it is for frames.
{{ config(materialized='table', schema='scoring') }}
with target_free_clips as (select * from {{ ref('target_free_clips') }}),

present_events as (select * from {{ ref('present_events') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

labelled as (
    select
        target_free_clips.clip_number,
        present_events.label_id,
        cast(present_events.start_seconds * 1000000 as bigint) as start_us,
        least(cast(present_events.end_seconds * 1000000 as bigint), target_free_clips.clip_us)
            as end_us
    from present_events
    inner join target_free_clips
        on
            present_events.subset = target_free_clips.subset
            and present_events.clip_id = target_free_clips.clip_id
    union all
    select
        target_free_clips.clip_number,
        unnest(weak_clips.label_ids) as label_id,
        0 as start_us,
        target_free_clips.clip_us as end_us
    from weak_clips
    inner join target_free_clips
        on
            weak_clips.subset = target_free_clips.subset
            and weak_clips.clip_id = target_free_clips.clip_id
    where list_contains({{ literal(subsets) }}, weak_clips.subset)
),

labels_and_any as (
    select
        labelled.clip_number,
        unnest([labelled.label_id, null]) as label_id,
        labelled.start_us,
        labelled.end_us
    from labelled
    where labelled.end_us > labelled.start_us
),

marked as (
    select
        labels_and_any.*,
        main.begins_span(
            (labels_and_any.clip_number, labels_and_any.label_id),
            labels_and_any.start_us,
            labels_and_any.end_us
        ) as begins_span
    from labels_and_any
),

numbered as (
    select
        marked.*,
        main.span_number(
            (marked.clip_number, marked.label_id),
            marked.start_us,
            marked.end_us,
            marked.begins_span
        ) as span_number
    from marked
)

select
    numbered.clip_number,
    numbered.label_id,
    min(numbered.start_us) as start_us,
    max(numbered.end_us) as end_us
from numbered
group by numbered.clip_number, numbered.label_id, numbered.span_number
