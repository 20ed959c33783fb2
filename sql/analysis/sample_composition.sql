-- One label of one role and split: how many samples it is heard in.
-- A sample with several labels is counted under each of them.
with heard as (
    select
        sample_spans.split,
        sample_spans.role,
        unnest(sample_spans.label_indices) as label_index
    from {{ ref('sample_spans') }} as sample_spans
),

counted as (
    select
        heard.split,
        heard.role,
        label_columns.label_id,
        count(*) as samples
    from heard
    inner join {{ ref('label_columns') }} as label_columns
        on heard.label_index = label_columns.label_index
    group by heard.split, heard.role, label_columns.label_id
)

select
    counted.split,
    counted.role,
    counted.label_id,
    coalesce(label_titles.display_name, counted.label_id) as display_name,
    counted.samples
from counted
left join {{ ref('label_titles') }} as label_titles on counted.label_id = label_titles.label_id
order by counted.split desc, counted.role asc, counted.samples desc, counted.label_id asc
