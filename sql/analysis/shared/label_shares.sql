-- One of the ten largest labels of a subset, or all others together, which have no MID.
with label_amounts as (select * from {{ ref('label_amounts') }}),

placed as (
    select
        label_amounts.*,
        least(label_amounts.rank, main.named_label_count() + 1) as place
    from label_amounts
)

select
    placed.subset,
    placed.place,
    case when placed.place <= main.named_label_count() then min(placed.label_id) end as label_id,
    case
        when placed.place <= main.named_label_count() then min(placed.title)
        when count(*) = 1 then 'the last label'
        else 'the other ' || count(*) || ' labels'
    end as title,
    count(*) as label_count,
    sum(placed.percentage) as percentage
from placed
group by placed.subset, placed.place
