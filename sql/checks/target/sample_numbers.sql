-- A sample whose number is not unique, or not among the numbers of its split. Samples are numbered
-- from 0, those of the train split first.
with sample_spans as (select * from {{ ref('sample_spans') }}),

totals as (
    select
        count(*) as sample_count,
        count(*) filter (where sample_spans.split = 'train') as train_sample_count
    from sample_spans
),

beyond as (
    select
        sample_spans.sample_id,
        sample_spans.split
    from sample_spans
    cross join totals
    where
        case
            when sample_spans.split = 'train'
                then sample_spans.sample_id not between 0 and totals.train_sample_count - 1
            else
                sample_spans.sample_id
                not between totals.train_sample_count and totals.sample_count - 1
        end
),

doubles as (
    select
        sample_spans.sample_id,
        min(sample_spans.split) as split
    from sample_spans
    group by sample_spans.sample_id
    having count(*) > 1
)

select * from beyond
union all
select * from doubles
