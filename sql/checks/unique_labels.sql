-- A MID that the label files list more than once.
select
    labels.label_id,
    count(*) as label_count
from {{ ref('labels') }} as labels
group by labels.label_id
having count(*) > 1
