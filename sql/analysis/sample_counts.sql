-- One role in one data set: how many samples it gives, or how many a filter removed.
{{ materialized('table') }}
select
    case when sample_clips.dataset in ('eval', 'eval_framed') then 'eval' else 'train' end
        as split,
    sample_clips.role,
    sample_clips.dataset,
    sample_clips.removed_by,
    count(*) as clips,
    cast(sum(sample_clips.samples) as bigint) as samples
from {{ ref('sample_clips') }} as sample_clips
group by all
order by split desc, sample_clips.role, sample_clips.dataset, sample_clips.removed_by nulls first
