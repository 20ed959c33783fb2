-- One row of chosen_rows, with the subset, clip and window that its sample_key names.
with keyed as (
    select
        *,
        split_part(sample_key, '/', 3) as window_key
    from chosen_rows
)

select
    place,
    sample_key,
    coalesce(split_part(sample_key, '/', 1), subset) as subset,
    coalesce(split_part(sample_key, '/', 2), clip_id) as clip_id,
    try_cast(split_part(window_key, '.', 1) as integer) as key_event_id,
    try_cast(split_part(window_key, '.', 2) as bigint) as window_index,
    case when sample_key is null then event_id end as event_id,
    case when sample_key is null then label_id end as label_id,
    start_seconds,
    end_seconds,
    detector,
    score,
    reason
from keyed
