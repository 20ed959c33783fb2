-- One item among the distinct scores of the positives of its unit, its level: at the level, or
-- above it and below the next. Below the lowest level, it is level 0.
-- Unit by unit: a join on the unit too would take five times as long.
{{ config(materialized='table', schema='scoring') }}
with scored_units as (select * from {{ ref('scored_units') }}),

score_levels as (select * from {{ ref('score_levels') }}),

{% for unit in units %}
    {{ unit }}_items as (
        select * from scored_units
        where unit = {{ literal(unit) }}
    ),

    {{ unit }}_levels as (
        select * from score_levels
        where unit = {{ literal(unit) }}
    ),

    placed_{{ unit }}_items as (
        select
            items.unit,
            items.clip_number,
            coalesce(levels.level, 0) as level,
            case
                when items.is_positive then 'positive'
                when levels.score = items.score then 'tied'
                else 'above'
            end as kind
        from {{ unit }}_items as items
        asof left join {{ unit }}_levels as levels on items.score >= levels.score
    ),
{% endfor %}

placed_items as (
    {% for unit in units %}
        select * from placed_{{ unit }}_items
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from placed_items
