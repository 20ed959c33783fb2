-- One clip of unbalanced_train_segments.csv, with its labels.
{{ config(materialized='table') }}
select
    ytid,
    start_seconds as video_start_seconds,
    end_seconds as video_end_seconds,
    string_split(positive_labels, ',') as label_ids
from {{ source('unbalanced_train_segments.csv') }}
