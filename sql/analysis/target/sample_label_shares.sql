-- One label of one role and split, ranked by the number of samples in which it is active.
-- A sample with several labels counts for each of them, so shares may add up to more than 100.
with sample_outcomes as (select * from {{ ref('sample_outcomes') }}),

sample_composition as (select * from {{ ref('sample_composition') }}),

labels as (select * from {{ ref('labels') }}),

sizes as (
    select
        sample_outcomes.split,
        sample_outcomes.role,
        sample_outcomes.sample_count
    from sample_outcomes
    where sample_outcomes.outcome = 'kept'
)

select
    composition.split,
    composition.role,
    row_number() over (
        partition by composition.split, composition.role
        order by composition.sample_count desc, composition.label_id asc
    ) as rank,
    composition.label_id,
    labels.title,
    composition.sample_count,
    100 * composition.sample_count / sizes.sample_count as percentage
from sample_composition as composition
inner join sizes on composition.split = sizes.split and composition.role = sizes.role
inner join labels on composition.label_id = labels.label_id
