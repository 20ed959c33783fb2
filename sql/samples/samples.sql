-- One sample that training or evaluation may read: a window of a positive or strong negative event,
-- or a weak negative clip.
-- Samples are numbered from 0: the train split first, then by role and clip. The number of a sample
-- can differ between catalogs, its key cannot.
with labels as (select * from {{ ref('labels') }}),

sample_spans as (select * from {{ ref('sample_spans') }}),

sample_clips as (select * from {{ ref('sample_clips') }}),

mask as (
    select list(labels.label_id order by labels.label_index) as label_ids
    from labels
    where labels.label_index is not null
)

select
    sample_spans.sample_id,
    main.sample_key(
        sample_clips.subset,
        sample_clips.clip_id,
        sample_spans.event_id,
        sample_spans.window_index
    ) as sample_key,
    sample_spans.role,
    sample_spans.split,
    sample_clips.subset,
    sample_clips.clip_id,
    left(sample_clips.clip_id, 11) as ytid,
    sample_spans.start_seconds,
    sample_spans.end_seconds,
    sample_spans.label_id,
    list_transform(
        sample_spans.label_indices, lambda label_index: mask.label_ids[label_index + 1]
    ) as label_ids,
    sample_spans.is_overlapped,
    sample_clips.audio_path
from sample_spans
inner join sample_clips
    on sample_spans.clip_number = sample_clips.clip_number
cross join mask
