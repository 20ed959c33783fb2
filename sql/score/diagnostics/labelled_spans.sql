-- One time in which a label is active in a clip without the target; and with the label '(nothing
-- labelled)' the time in which no label is: before, between and after the times with any label.
{{ config(materialized='table', schema='scoring') }}
with label_spans as (select * from {{ ref('label_spans') }}),

target_free_clips as (select * from {{ ref('target_free_clips') }}),

any_label as (
    select
        label_spans.clip_number,
        label_spans.start_us,
        label_spans.end_us
    from label_spans
    where label_spans.label_id is null
    union all
    -- The ends of the clip, as times without duration.
    select
        target_free_clips.clip_number,
        unnest([0, target_free_clips.clip_us]) as start_us,
        unnest([0, target_free_clips.clip_us]) as end_us
    from target_free_clips
),

gaps as (
    select
        any_label.clip_number,
        any_label.end_us as start_us,
        lead(any_label.start_us) over (
            partition by any_label.clip_number order by any_label.start_us, any_label.end_us
        ) as end_us
    from any_label
)

select * from label_spans
where label_id is not null
union all
select
    gaps.clip_number,
    '(nothing labelled)' as label_id,
    gaps.start_us,
    gaps.end_us
from gaps
where gaps.end_us > gaps.start_us
