-- The counts of one level, of all clips (replicate -1) or of a replicate, and how many positives
-- and negatives have higher scores.
{{ config(schema='scoring') }}
with placed_items as (select * from {{ ref('placed_items') }}),

{% if replicates %}
    ranking_replicates as (select * from {{ ref('ranking_replicates') }}),
{% endif %}

counts as (
    select
        placed_items.unit,
        -1 as replicate,
        placed_items.level,
        cast(count(*) filter (where placed_items.kind = 'positive') as double) as positive_count,
        cast(count(*) filter (where placed_items.kind = 'tied') as double) as tied_count,
        cast(count(*) filter (where placed_items.kind = 'above') as double) as above_count
    from placed_items
    group by placed_items.unit, placed_items.level
    {% if replicates %}
        union all by name
        select * from ranking_replicates
    {% endif %}
)

select
    counts.*,
    coalesce(sum(counts.positive_count) over higher, 0) as higher_positive_count,
    coalesce(sum(counts.tied_count + counts.above_count) over higher, 0) as higher_negative_count,
    sum(counts.positive_count) over whole as positive_total,
    sum(counts.tied_count + counts.above_count) over whole as negative_total
from counts
window
    higher as (
        partition by counts.unit, counts.replicate order by counts.level desc
        rows between unbounded preceding and 1 preceding
    ),
    whole as (partition by counts.unit, counts.replicate)
