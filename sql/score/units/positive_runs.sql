-- One run of positives of a clip that overlap or touch: of samples, clips, or frames of the framed
-- subset.
{{ config(schema='scoring') }}
with scored_items as (select * from {{ ref('scored_items') }}),

positives as (
    select
        scored_items.clip_number,
        scored_items.start_us,
        scored_items.end_us,
        main.begins_span(scored_items.clip_number, scored_items.start_us, scored_items.end_us)
            as begins_span
    from scored_items
    where scored_items.is_positive
),

numbered as (
    select
        positives.*,
        main.span_number(
            positives.clip_number, positives.start_us, positives.end_us, positives.begins_span
        ) as span_number
    from positives
)

select
    numbered.clip_number,
    min(numbered.start_us) as start_us,
    max(numbered.end_us) as end_us
from numbered
group by numbered.clip_number, numbered.span_number
