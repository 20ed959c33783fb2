-- A sample_id that more than one sample has.
with sample_spans as (select * from {{ ref('sample_spans') }}),

totals as (
    select
        count(*) as sample_count,
        count(distinct sample_spans.sample_id) as sample_id_count
    from sample_spans
)

select
    sample_spans.sample_id,
    count(*) as sample_count
from sample_spans
cross join totals
where totals.sample_count > totals.sample_id_count
group by sample_spans.sample_id
having count(*) > 1
