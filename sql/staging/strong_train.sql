-- One event of audioset_train_strong.tsv: a labelled sound with its start and end in a clip.
{{ config(materialized='table') }}
select
    row_number() over () as event_id,
    segment_id as clip_id,
    start_time_seconds as start_seconds,
    end_time_seconds as end_seconds,
    label as label_id
from {{ source('audioset_train_strong.tsv') }}
