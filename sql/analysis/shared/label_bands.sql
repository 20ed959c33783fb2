-- One band of label sizes, in seconds (strong) or clips (weak), with the number of labels of a
-- subset in it and their share of the subset.
with label_amounts as (select * from {{ ref('label_amounts') }}),

bands as (
    select
        bands.is_strong,
        bands.band,
        bands.amount_from,
        lead(bands.amount_from) over (
            partition by bands.is_strong order by bands.amount_from
        ) as amount_to
    from (
        values
        (true, 'under 1 min', 0),
        (true, '1 to 10 min', 60),
        (true, '10 min to 1 h', 600),
        (true, '1 to 10 h', 3600),
        (true, '10 to 100 h', 36000),
        (true, '100 h and more', 360000),
        (false, 'under 10', 0),
        (false, '10 to 99', 10),
        (false, '100 to 999', 100),
        (false, '1,000 to 9,999', 1000),
        (false, '10,000 to 99,999', 10000),
        (false, '100,000 and more', 100000)
    ) as bands (is_strong, band, amount_from)
),

subsets as (
    select distinct
        label_amounts.subset,
        main.is_strong_subset(label_amounts.subset) as is_strong
    from label_amounts
)

select
    subsets.subset,
    bands.band,
    bands.amount_from,
    count(label_amounts.label_id) as label_count,
    coalesce(sum(label_amounts.percentage), 0) as percentage
from subsets
inner join bands on subsets.is_strong = bands.is_strong
left join label_amounts
    on
        subsets.subset = label_amounts.subset
        and bands.amount_from <= label_amounts.amount
        and coalesce(bands.amount_to > label_amounts.amount, true)
group by subsets.subset, bands.band, bands.amount_from
