-- What became of the samples of one role and split: kept, or removed by a filter; how many, and
-- their share.
-- Ranks are of the split, for all roles alike: what is kept first, then what removed most.
with counted as (
    select
        sample_counts.split,
        sample_counts.role,
        coalesce(sample_counts.removed_by, 'kept') as fate,
        cast(sum(sample_counts.samples) as bigint) as samples
    from {{ ref('sample_counts') }} as sample_counts
    group by sample_counts.split, sample_counts.role, fate
),

added_up as (
    select
        counted.*,
        sum(counted.samples) over (partition by counted.split, counted.role) as role_samples,
        sum(counted.samples) over (partition by counted.split, counted.fate) as fate_samples
    from counted
)

select
    added_up.split,
    added_up.role,
    added_up.fate,
    dense_rank() over (
        partition by added_up.split
        order by added_up.fate = 'kept' desc, added_up.fate_samples desc, added_up.fate asc
    ) as rank,
    added_up.samples,
    100 * added_up.samples / added_up.role_samples as percentage
from added_up
