-- One label that some sample of either split carries, with its column of the label mask.
{{ materialized('table') }}
with carried as (
    select distinct unnest(sample_spans.label_ids) as label_id
    from {{ ref('sample_spans') }} as sample_spans
)

select
    row_number() over (order by carried.label_id) - 1 as label_index,
    carried.label_id
from carried
order by label_index
