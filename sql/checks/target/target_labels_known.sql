-- A label of the target that is in no label file, not in the ontology, and not in the data.
with target_labels as (select * from {{ ref('target_labels') }}),

label_names as (select * from {{ ref('label_names') }}),

strong_label_stats as (select * from {{ ref('strong_label_stats') }}),

weak_label_stats as (select * from {{ ref('weak_label_stats') }}),

known_labels as (
    select label_names.label_id from label_names
    union
    select strong_label_stats.label_id from strong_label_stats
    union
    select weak_label_stats.label_id from weak_label_stats
),

-- Without a label file, nothing is known of any label.
label_files as (
    select count(*) as label_count from label_names
)

select
    target_labels.label_id,
    target_labels.role
from target_labels
anti join known_labels on target_labels.label_id = known_labels.label_id
where (select label_files.label_count from label_files) > 0
