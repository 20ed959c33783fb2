-- One piece of the time of a clip between two borders of samples (or of clips, or of frames of the
-- framed subset), with the highest of the scores that hold there.
{{ config(schema='scoring') }}
with scored_items as (select * from {{ ref('scored_items') }}),

borders as (
    select
        scored_items.clip_number,
        scored_items.start_us as border_us
    from scored_items
    union
    select
        scored_items.clip_number,
        scored_items.end_us as border_us
    from scored_items
),

between_borders as (
    select
        borders.clip_number,
        borders.border_us as start_us,
        lead(borders.border_us) over (
            partition by borders.clip_number order by borders.border_us
        ) as end_us
    from borders
),

pieces as (
    select
        between_borders.clip_number,
        between_borders.start_us,
        between_borders.end_us,
        max(scored_items.score) as score
    from between_borders
    inner join scored_items
        on
            between_borders.clip_number = scored_items.clip_number
            and between_borders.start_us >= scored_items.start_us
            and between_borders.end_us <= scored_items.end_us
    group by between_borders.clip_number, between_borders.start_us, between_borders.end_us
),

marked as (
    select
        pieces.*,
        main.begins_span(pieces.clip_number, pieces.start_us, pieces.end_us) as begins_stretch
    from pieces
)

select
    marked.clip_number,
    main.span_number(marked.clip_number, marked.start_us, marked.end_us, marked.begins_stretch)
        as stretch,
    marked.start_us,
    marked.end_us,
    marked.score
from marked
