-- One share of one subset, 50, 80 or 95%, with the smallest number of labels that make it up, the
-- largest labels first.
-- Whole amounts are compared, so that a label that reaches the share exactly is counted.
with label_amounts as (select * from {{ ref('label_amounts') }}),

summed as (
    select
        label_amounts.subset,
        label_amounts.rank,
        sum(label_amounts.amount) over (
            partition by label_amounts.subset order by label_amounts.rank
        ) as sum_to_here,
        sum(label_amounts.amount) over (
            partition by label_amounts.subset
        ) as sum_of_all
    from label_amounts
),

shares as (select unnest([50, 80, 95]) as coverage_percentage)

select
    summed.subset,
    shares.coverage_percentage,
    min(summed.rank) as label_count
from summed
inner join shares on 100 * summed.sum_to_here >= shares.coverage_percentage * summed.sum_of_all
group by summed.subset, shares.coverage_percentage
