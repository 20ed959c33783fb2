-- One role in one split, with how many samples it has, and how many were excluded for each reason.
with sample_counts as (select * from {{ ref('sample_counts') }}),

reasons as (
    select
        split,
        role,
        reason,
        cast(sum(sample_count) as bigint) as sample_count
    from sample_counts
    group by split, role, reason
)

select
    split,
    role,
    cast(coalesce(sum(sample_count) filter (where reason is null), 0) as bigint) as sample_count,
    list(format('{} {:,}', reason, sample_count) order by reason) filter (
        where reason is not null
    ) as excluded
from reasons
group by split, role
order by split desc, role asc
