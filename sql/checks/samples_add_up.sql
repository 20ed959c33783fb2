-- A role in a data set with another number of samples than sample_counts says are kept.
with counted as (
    select
        sample_clips.role,
        sample_clips.dataset,
        count(*) as samples
    from {{ ref('sample_spans') }} as sample_spans
    inner join {{ ref('sample_clips') }} as sample_clips
        on sample_spans.clip_number = sample_clips.clip_number
    group by sample_clips.role, sample_clips.dataset
),

said as (
    select
        sample_counts.role,
        sample_counts.dataset,
        sample_counts.samples
    from {{ ref('sample_counts') }} as sample_counts
    where sample_counts.removed_by is null
)

select
    coalesce(counted.role, said.role) as role,
    coalesce(counted.dataset, said.dataset) as dataset,
    coalesce(counted.samples, 0) as samples,
    coalesce(said.samples, 0) as said_samples
from counted
full join said on counted.role = said.role and counted.dataset = said.dataset
where counted.samples is distinct from said.samples
