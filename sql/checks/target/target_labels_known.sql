-- A label of the target that is in no label file, not in the ontology, and not in the data.
with target_labels as (select * from {{ ref('target_labels') }}),

known_labels as (
    select label_names.label_id from {{ ref('label_names') }} as label_names
    union
    select strong_label_stats.label_id from {{ ref('strong_label_stats') }} as strong_label_stats
    union
    select weak_label_stats.label_id from {{ ref('weak_label_stats') }} as weak_label_stats
),

-- Without a label file, nothing is known of any label.
label_files as (
    select count(*) as label_count from {{ ref('label_names') }}
)

select
    target_labels.label_id,
    target_labels.role
from target_labels
anti join known_labels on target_labels.label_id = known_labels.label_id
where (select label_files.label_count from label_files) > 0
