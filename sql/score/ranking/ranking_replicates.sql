-- The counts of one level in one replicate. If the positives have many distinct scores, as frames
-- do, neighbouring levels count as one, so that there are at most 16,384 of a unit.
{{ config(materialized='table', schema='scoring') }}
with placed_items as (select * from {{ ref('placed_items') }}),

clip_weights as (select * from {{ ref('clip_weights') }}),

steps as (
    select
        placed_items.unit,
        greatest(
            (max(placed_items.level) + main.most_levels() - 1) // main.most_levels(), 1
        ) as step
    from placed_items
    group by placed_items.unit
),

merged as (
    select
        placed_items.unit,
        placed_items.clip_number,
        (placed_items.level + steps.step - 1) // steps.step as level,
        -- Within a merged level, all are tied; what lies above its highest level stays above.
        case
            when placed_items.kind = 'above' and placed_items.level % steps.step > 0 then 'tied'
            else placed_items.kind
        end as kind
    from placed_items
    inner join steps on placed_items.unit = steps.unit
),

weighted as (
    select
        merged.unit,
        merged.level,
        merged.kind,
        sum(columns('replicate_.*'))
    from merged
    inner join clip_weights on merged.clip_number = clip_weights.clip_number
    group by merged.unit, merged.level, merged.kind
),

listed as (
    select
        weighted.unit,
        weighted.level,
        weighted.kind,
        list_value(*columns('replicate_.*')) as item_counts
    from weighted
),

unlisted as (
    select
        listed.unit,
        listed.level,
        unnest(range({{ replicates }})) as replicate,
        unnest(any_value(listed.item_counts) filter (where listed.kind = 'positive'))
            as positive_count,
        unnest(any_value(listed.item_counts) filter (where listed.kind = 'tied')) as tied_count,
        unnest(any_value(listed.item_counts) filter (where listed.kind = 'above')) as above_count
    from listed
    group by listed.unit, listed.level
)

select
    unlisted.unit,
    cast(unlisted.replicate as integer) as replicate,
    unlisted.level,
    coalesce(unlisted.positive_count, 0) as positive_count,
    coalesce(unlisted.tied_count, 0) as tied_count,
    coalesce(unlisted.above_count, 0) as above_count
from unlisted
