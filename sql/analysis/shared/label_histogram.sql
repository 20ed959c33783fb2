-- One quarter of a power of ten of seconds (strong) or clips (weak), with how many labels of a
-- data set have that much. Labels of no duration have no logarithm and are in no bin.
with binned as (
    select
        label_amounts.subset,
        floor(4 * log10(label_amounts.amount)) as bin
    from {{ ref('label_amounts') }} as label_amounts
    where label_amounts.amount > 0
)

select
    binned.subset,
    pow(10, binned.bin / 4) as amount_from,
    pow(10, (binned.bin + 1) / 4) as amount_to,
    count(*) as label_count
from binned
group by binned.subset, binned.bin
