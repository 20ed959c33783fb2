-- One distinct score of positives of a unit, numbered from the lowest. What a ranking is worth
-- follows from how many positives and negatives lie at each of these levels, and how many negatives
-- above each.
{{ config(materialized='table', schema='scoring') }}
with scored_units as (select * from {{ ref('scored_units') }}),

levels as (
    select distinct
        scored_units.unit,
        scored_units.score
    from scored_units
    where scored_units.is_positive
)

select
    levels.unit,
    levels.score,
    cast(row_number() over (partition by levels.unit order by levels.score) as integer) as level
from levels
