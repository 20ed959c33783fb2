-- A role in a subset that has more or fewer clips or samples, kept or excluded for one reason, than
-- sample_counts says.
with sample_clips as (select * from {{ ref('sample_clips') }}),

sample_counts as (select * from {{ ref('sample_counts') }}),

counted as (
    select
        main.split_of(sample_clips.subset) as split,
        sample_clips.role,
        sample_clips.subset,
        sample_clips.reason,
        count(*) as clip_count,
        cast(sum(sample_clips.sample_count) as bigint) as sample_count
    from sample_clips
    group by sample_clips.role, sample_clips.subset, sample_clips.reason
),

surplus as (
    select * from sample_counts
    except all
    select * from counted
),

missing as (
    select * from counted
    except all
    select * from sample_counts
)

select
    'should not be listed' as error,
    surplus.*
from surplus
union all
select
    'is not listed' as error,
    missing.*
from missing
