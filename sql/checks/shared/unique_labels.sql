-- A MID that a label file lists more than once.
with strong_labels as (select * from {{ ref('strong_labels') }}),

weak_labels as (select * from {{ ref('weak_labels') }}),

listed as (
    select
        'mid_to_display_name.tsv' as file,
        strong_labels.label_id
    from strong_labels
    union all
    select
        'class_labels_indices.csv' as file,
        weak_labels.label_id
    from weak_labels
)

select
    listed.file,
    listed.label_id,
    count(*) as label_count
from listed
group by listed.file, listed.label_id
having count(*) > 1
