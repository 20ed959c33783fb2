-- One label of one weak subset, with its amount there and its rank in all weak subsets together.
with label_amounts as (select * from {{ ref('label_amounts') }}),

weak_label_comparison as (select * from {{ ref('weak_label_comparison') }})

select
    label_amounts.subset,
    label_amounts.rank,
    label_amounts.label_id,
    label_amounts.display_name,
    label_amounts.title,
    label_amounts.event_count,
    label_amounts.amount,
    label_amounts.percentage,
    label_amounts.cumulative_percentage,
    weak_label_comparison.rank as overall_rank
from label_amounts
inner join weak_label_comparison on label_amounts.label_id = weak_label_comparison.label_id
where not main.is_strong_subset(label_amounts.subset)
