-- One label of one weak subset, ranked by the number of its clips.
-- The percentage is of all labels that the clips of the subset have, so that it adds up to 100.
-- Ties are broken by the MID.
{{ config(materialized='table') }}
with weak_label_counts as (select * from {{ ref('weak_label_counts') }}),

labels as (select * from {{ ref('labels') }})

select
    weak_label_counts.subset,
    row_number() over (
        partition by weak_label_counts.subset
        order by weak_label_counts.clip_count desc, weak_label_counts.label_id asc
    ) as rank,
    weak_label_counts.label_id,
    labels.display_name,
    weak_label_counts.clip_count,
    100 * weak_label_counts.clip_count
    / sum(weak_label_counts.clip_count) over (partition by weak_label_counts.subset)
        as percentage
from weak_label_counts
inner join labels on weak_label_counts.label_id = labels.label_id
order by weak_label_counts.subset, rank
