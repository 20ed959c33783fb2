-- One item that the detector is ranked by: what it scores, and the seconds and clips that follow
-- from its frames.
{{ config(schema='scoring') }}
with scored_items as (select * from {{ ref('scored_items') }})
{% if unit == 'frame' %}
    ,
    segments as (select * from {{ ref('segments') }}),

    whole_clips as (select * from {{ ref('whole_clips') }})
{% endif %}

select
    {{ literal(unit) }} as unit,
    scored_items.*
from scored_items
{% if unit == 'frame' %}
    union all by name
    select
        'segment' as unit,
        segments.*
    from segments
    union all by name
    select
        'clip' as unit,
        whole_clips.*
    from whole_clips
{% endif %}
