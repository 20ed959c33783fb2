-- One band of duration (strong) or number of clips (weak), with how many labels of a data set lie
-- in it and what share of the set they hold.
with bands as (
    select
        bands.kind,
        bands.band,
        bands.amount_from,
        lead(bands.amount_from) over (
            partition by bands.kind order by bands.amount_from
        ) as amount_to
    from (
        values
        ('strong', 'under 1 min', 0),
        ('strong', '1 to 10 min', 60),
        ('strong', '10 min to 1 h', 600),
        ('strong', '1 to 10 h', 3600),
        ('strong', '10 to 100 h', 36000),
        ('strong', '100 h and more', 360000),
        ('weak', 'under 10', 0),
        ('weak', '10 to 99', 10),
        ('weak', '100 to 999', 100),
        ('weak', '1,000 to 9,999', 1000),
        ('weak', '10,000 to 99,999', 10000),
        ('weak', '100,000 and more', 100000)
    ) as bands (kind, band, amount_from)
),

datasets as (
    select distinct
        label_amounts.kind,
        label_amounts.dataset
    from {{ ref('label_amounts') }} as label_amounts
)

select
    datasets.kind,
    datasets.dataset,
    bands.band,
    bands.amount_from,
    count(label_amounts.label_id) as label_count,
    coalesce(sum(label_amounts.percentage), 0) as percentage
from datasets
inner join bands on datasets.kind = bands.kind
left join {{ ref('label_amounts') }} as label_amounts
    on
        datasets.kind = label_amounts.kind
        and datasets.dataset = label_amounts.dataset
        and bands.amount_from <= label_amounts.amount
        and coalesce(bands.amount_to > label_amounts.amount, true)
group by datasets.kind, datasets.dataset, bands.band, bands.amount_from
