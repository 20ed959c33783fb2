-- One row of a file of corrections, with the subset, clip, event and window that its sample_key
-- names. What is empty is null.
with trimmed as (
    select
        file_number,
        line,
        value_count,
        column_count,
        nullif(trim(target), '') as target,
        nullif(trim(sample_key), '') as sample_key,
        nullif(trim(subset), '') as subset,
        nullif(trim(clip_id), '') as clip_id,
        nullif(trim(event_id), '') as event_id,
        nullif(trim(label_id), '') as label_id,
        nullif(trim(verdict), '') as verdict,
        nullif(trim(note), '') as note
    from file_rows
),

split as (
    select
        *,
        string_split(sample_key, '/') as key_parts
    from trimmed
),

keyed as (
    select
        *,
        len(key_parts) as key_part_count,
        nullif(key_parts[1], '') as key_subset,
        nullif(key_parts[2], '') as key_clip_id,
        nullif(split_part(key_parts[3], '.', 1), '') as key_event_id,
        nullif(regexp_extract(key_parts[3], '[.](.*)$', 1), '') as window_index
    from split
)

select
    file_number,
    line,
    value_count,
    column_count,
    target,
    sample_key,
    key_part_count,
    coalesce(key_subset, subset) as subset,
    coalesce(key_clip_id, clip_id) as clip_id,
    coalesce(key_event_id, event_id) as event_id,
    window_index,
    label_id,
    verdict,
    note,
    coalesce(subset <> key_subset, false)
    or coalesce(clip_id <> key_clip_id, false)
    or coalesce(event_id <> key_event_id, false) as is_key_contradicted
from keyed
