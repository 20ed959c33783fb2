-- One role in one subset, with the number of clips and samples that are kept, or that are excluded
-- for one reason.
{{ config(materialized='table') }}
with sample_clips as (select * from {{ ref('sample_clips') }})

select
    main.split_of(sample_clips.subset) as split,
    sample_clips.role,
    sample_clips.subset,
    sample_clips.reason,
    count(*) as clip_count,
    cast(sum(sample_clips.sample_count) as bigint) as sample_count
from sample_clips
group by sample_clips.role, sample_clips.subset, sample_clips.reason
order by
    split desc,
    sample_clips.role asc,
    sample_clips.subset asc,
    sample_clips.reason asc nulls first
