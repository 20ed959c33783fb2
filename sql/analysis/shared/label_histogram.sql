-- One bin of label sizes of one subset, a quarter of a power of ten wide, with the number of labels
-- in it.
-- Labels without duration have no logarithm and are in no bin.
with label_amounts as (select * from {{ ref('label_amounts') }}),

binned as (
    select
        label_amounts.subset,
        floor(main.bins_per_decade() * log10(label_amounts.amount)) as bin
    from label_amounts
    where label_amounts.amount > 0
)

select
    binned.subset,
    pow(10, binned.bin / main.bins_per_decade()) as amount_from,
    pow(10, (binned.bin + 1) / main.bins_per_decade()) as amount_to,
    count(*) as label_count
from binned
group by binned.subset, binned.bin
