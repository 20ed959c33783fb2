-- One label as a row of class_labels_indices.csv: those of the official file under their numbers,
-- as models that were trained on AudioSet have them, then the other labels that a clip carries.
with labels as (select * from {{ ref('labels') }}),

numbered as (
    select
        labels.label_id,
        labels.display_name,
        labels.weak_index,
        coalesce(max(labels.weak_index) over () + 1, 0)
        + row_number() over (partition by labels.weak_index is null order by labels.label_id)
        - 1 as further_index
    from labels
    where labels.weak_index is not null or labels.label_index is not null
)

select
    coalesce(numbered.weak_index, numbered.further_index) as index,
    numbered.label_id as mid,
    numbered.display_name
from numbered
order by index
