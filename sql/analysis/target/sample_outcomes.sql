-- One outcome of the samples of one role and split: kept, or excluded for one reason.
-- Ranks are those of the split, for all roles alike: what is kept first, then the reason that
-- excludes most.
with sample_counts as (select * from {{ ref('sample_counts') }}),

counted as (
    select
        sample_counts.split,
        sample_counts.role,
        coalesce(sample_counts.reason, 'kept') as outcome,
        cast(sum(sample_counts.sample_count) as bigint) as sample_count
    from sample_counts
    group by sample_counts.split, sample_counts.role, outcome
),

added_up as (
    select
        counted.*,
        sum(counted.sample_count) over (
            partition by counted.split, counted.role
        ) as role_sample_count,
        sum(counted.sample_count) over (
            partition by counted.split, counted.outcome
        ) as outcome_sample_count
    from counted
)

select
    added_up.split,
    added_up.role,
    added_up.outcome,
    dense_rank() over (
        partition by added_up.split
        order by
            added_up.outcome = 'kept' desc,
            added_up.outcome_sample_count desc,
            added_up.outcome asc
    ) as rank,
    added_up.sample_count,
    100 * added_up.sample_count / added_up.role_sample_count as percentage
from added_up
