-- A sample that is there more than once: a key names one sample.
with keys as (
    select
        sample_clips.dataset,
        sample_clips.clip_id,
        sample_spans.source_row,
        sample_spans.segment_index
    from {{ ref('sample_spans') }} as sample_spans
    inner join {{ ref('sample_clips') }} as sample_clips
        on sample_spans.clip_number = sample_clips.clip_number
)

select
    main.sample_key(keys.dataset, keys.clip_id, keys.source_row, keys.segment_index) as sample_key,
    count(*) as samples
from keys
group by keys.dataset, keys.clip_id, keys.source_row, keys.segment_index
having count(*) > 1
