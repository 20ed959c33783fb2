-- One label, as a row of mid_to_display_name.tsv.
select
    label_id,
    display_name
from demo_labels
where is_strong
order by label_id
