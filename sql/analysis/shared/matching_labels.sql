-- One label whose MID is the text, or with a name that contains it, in any case.
-- Parameters:
--   search: The text, a MID or a part of a name.
-- Columns:
--   label_id: MID of the label.
--   display_name: Name of the label.
--   other_names: Names of the label in the other files.
--   strong_event_count: Events of strong_train and strong_eval that have the label.
--   framed_event_count: 960 ms frames in which the label is present.
--   weak_clip_count: Clips of the weak subsets that have the label.
--   rank: 1 for the label that occurs most often in all subsets.
{{ config(materialized='table_function', parameters='search') }}
with label_counts as (select * from {{ ref('label_counts') }}),

matching as (
    select *
    from label_counts
    where
        label_id = search
        or contains(lower(display_name), lower(search))
        or contains(lower(array_to_string(other_names, chr(10))), lower(search))
)

select
    label_id,
    display_name,
    other_names,
    strong_event_count,
    framed_event_count,
    weak_clip_count,
    row_number() over (
        order by strong_event_count + framed_event_count + weak_clip_count desc, label_id asc
    ) as rank
from matching
order by rank
