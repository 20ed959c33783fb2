-- One span of a clip in which the target is active: its positive events, joined where they overlap
-- or touch. Events without duration are left out.
-- Detectors are scored against these spans, and `AudioSetClips` labels its frames by them.
with positive_events as (select * from {{ ref('positive_events') }}),

marked as (
    select
        positive_events.*,
        main.begins_span(
            (positive_events.subset, positive_events.clip_id),
            positive_events.start_seconds,
            positive_events.end_seconds
        ) as begins_span
    from positive_events
    where positive_events.end_seconds > positive_events.start_seconds
),

numbered as (
    select
        marked.*,
        main.span_number(
            (marked.subset, marked.clip_id),
            marked.start_seconds,
            marked.end_seconds,
            marked.begins_span
        ) as span_number
    from marked
)

select
    numbered.subset,
    numbered.clip_id,
    numbered.span_number - 1 as span_index,
    min(numbered.start_seconds) as start_seconds,
    max(numbered.end_seconds) as end_seconds
from numbered
group by numbered.subset, numbered.clip_id, numbered.span_number
