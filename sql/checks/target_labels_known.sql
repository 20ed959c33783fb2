-- A label of the target that is in no label file and not in the ontology.
select
    target_labels.label_id,
    target_labels.role
from {{ ref('target_labels') }} as target_labels
anti join {{ ref('label_names') }} as label_names
    on target_labels.label_id = label_names.label_id
