-- A sample key that more than one sample has.
with sample_spans as (select * from {{ ref('sample_spans') }}),

sample_clips as (select * from {{ ref('sample_clips') }}),

keys as (
    select
        sample_clips.subset,
        sample_clips.clip_id,
        sample_spans.event_id,
        sample_spans.window_index
    from sample_spans
    inner join sample_clips
        on sample_spans.clip_number = sample_clips.clip_number
)

select
    main.sample_key(keys.subset, keys.clip_id, keys.event_id, keys.window_index) as sample_key,
    count(*) as sample_count
from keys
group by keys.subset, keys.clip_id, keys.event_id, keys.window_index
having count(*) > 1
