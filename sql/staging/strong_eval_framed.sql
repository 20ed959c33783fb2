-- One label of one 960 ms frame of audioset_eval_strong_framed_posneg.tsv, which is present in the
-- frame or verified not to be.
{{ config(materialized='table') }}
select
    row_number() over () as event_id,
    segment_id as clip_id,
    start_time_seconds as start_seconds,
    end_time_seconds as end_seconds,
    label as label_id,
    case present when 'PRESENT' then true when 'NOT_PRESENT' then false end as is_present
from {{ source('audioset_eval_strong_framed_posneg.tsv') }}
