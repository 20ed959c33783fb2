-- One piece of the time of a clip that has a score: a frame, or a part of samples that overlap,
-- where the highest score counts. Pieces that follow one another without a gap are one stretch.
{{ config(schema='scoring') }}
{% if unit == 'frame' %}
    with scored_items as (select * from {{ ref('scored_items') }})

    select
        scored_items.clip_number,
        cast(0 as integer) as stretch,
        scored_items.start_us,
        scored_items.end_us,
        scored_items.score
    from scored_items
{% else %}
    with sample_pieces as (select * from {{ ref('sample_pieces') }})

    select * from sample_pieces
{% endif %}
