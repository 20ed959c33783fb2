-- One clip of a weak subset, as a row of its file.
select
    ytid,
    start_seconds,
    end_seconds,
    label_ids
from demo_weak_clips
where subset = {{ literal(subset) }}
order by ytid
