-- One label of one role and split, with the number of samples in which it is active.
-- A sample with several labels counts for each of them.
with samples as (select * from {{ ref('samples') }}),

labels as (select * from {{ ref('labels') }}),

carried as (
    select
        samples.split,
        samples.role,
        unnest(samples.label_ids) as label_id
    from samples
),

counted as (
    select
        carried.split,
        carried.role,
        labels.label_id,
        labels.display_name,
        count(*) as sample_count
    from carried
    inner join labels on carried.label_id = labels.label_id
    group by carried.split, carried.role, labels.label_id, labels.display_name
)

select
    counted.split,
    counted.role,
    counted.label_id,
    counted.display_name,
    counted.sample_count
from counted
order by counted.split desc, counted.role asc, counted.sample_count desc, counted.label_id asc
