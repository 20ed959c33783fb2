-- A MID that a label file lists more than once.
with listed as (
    select
        'mid_to_display_name.tsv' as file,
        strong_labels.label_id
    from {{ ref('strong_labels') }} as strong_labels
    union all
    select
        'class_labels_indices.csv' as file,
        weak_labels.label_id
    from {{ ref('weak_labels') }} as weak_labels
)

select
    listed.file,
    listed.label_id,
    count(*) as label_count
from listed
group by listed.file, listed.label_id
having count(*) > 1
