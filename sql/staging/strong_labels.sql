-- One label of mid_to_display_name.tsv, the label file of the strong subsets.
{{ config(materialized='table') }}
select
    mid as label_id,
    display_name
from {{ source('mid_to_display_name.tsv') }}
