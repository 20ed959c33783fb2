-- One event of a strong subset, as a row of its file, in an order that the seed shuffles.
select
    clip_id as segment_id,
    start_seconds as start_time_seconds,
    end_seconds as end_time_seconds,
    label_id as label
from demo_labelled_events
where subset = {{ literal(subset) }}
order by
    clip_id,
    md5(concat_ws(':', {{ seed }}, start_seconds, end_seconds, label_id))
