-- One label, as a row of class_labels_indices.csv, the most frequent first.
select
    row_number() over (order by weight desc, label_id asc) - 1 as index,
    label_id as mid,
    weak_display_name as display_name
from demo_labels
where is_weak
order by index
