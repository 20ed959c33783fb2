-- A weak negative sample whose strong labels contain the target.
with sample_spans as (select * from {{ ref('sample_spans') }}),

positive_events as (select * from {{ ref('positive_events') }})

select
    sample_spans.subset,
    sample_spans.clip_id
from sample_spans
semi join positive_events on sample_spans.clip_id = positive_events.clip_id
where sample_spans.role = 'weak_negative'
