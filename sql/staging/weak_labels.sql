-- One label of class_labels_indices.csv, the label file of the weak subsets.
{{ config(materialized='table') }}
select
    index as weak_index,
    mid as label_id,
    display_name as weak_display_name
from {{ source('class_labels_indices.csv') }}
