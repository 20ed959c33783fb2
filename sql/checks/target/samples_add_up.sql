-- A role in a subset whose number of samples is not what sample_counts says.
with sample_spans as (select * from {{ ref('sample_spans') }}),

sample_counts as (select * from {{ ref('sample_counts') }}),

counted as (
    select
        sample_spans.role,
        sample_spans.subset,
        count(*) as sample_count
    from sample_spans
    group by sample_spans.role, sample_spans.subset
),

expected as (
    select
        sample_counts.role,
        sample_counts.subset,
        sample_counts.sample_count
    from sample_counts
    where sample_counts.reason is null
)

select
    coalesce(counted.role, expected.role) as role,
    coalesce(counted.subset, expected.subset) as subset,
    coalesce(counted.sample_count, 0) as sample_count,
    coalesce(expected.sample_count, 0) as expected_sample_count
from counted
full join expected on counted.role = expected.role and counted.subset = expected.subset
where counted.sample_count is distinct from expected.sample_count
