-- One sample that training or evaluation may read: a window of a positive or strong negative event,
-- or a weak negative or weak positive clip.
-- The number of a sample is the same for all targets of a window length. It can differ between
-- catalogs, the key of a sample cannot.
with mask_labels as (select * from {{ ref('mask_labels') }}),

sample_spans as (select * from {{ ref('sample_spans') }}),

mask as (
    select list(mask_labels.label_id order by mask_labels.label_index) as label_ids
    from mask_labels
)

select
    cast(sample_spans.sample_id as bigint) as sample_id,
    main.sample_key(
        sample_spans.subset,
        sample_spans.clip_id,
        sample_spans.event_id,
        sample_spans.window_index
    ) as sample_key,
    sample_spans.role,
    sample_spans.split,
    sample_spans.subset,
    sample_spans.clip_id,
    left(sample_spans.clip_id, 11) as ytid,
    main.seconds(sample_spans.start_ms) as start_seconds,
    main.seconds(sample_spans.end_ms) as end_seconds,
    cast(sample_spans.event_id as bigint) as event_id,
    cast(sample_spans.window_index as bigint) as window_index,
    mask.label_ids[sample_spans.label_index + 1] as label_id,
    case
        when sample_spans.events is null then list_sort(sample_spans.clip_label_ids)
        else list_transform(
            main.active_labels(
                sample_spans.events, sample_spans.start_ms, sample_spans.end_ms
            ),
            lambda label_index: mask.label_ids[label_index + 1]
        )
    end as label_ids,
    sample_spans.is_overlapped,
    sample_spans.audio_path,
    sample_spans.byte_offset,
    sample_spans.byte_count
from sample_spans
cross join mask
