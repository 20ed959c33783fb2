-- One row of named_rows with its audio and its times, which are those of the sample that it names.
-- What is not in the catalog has no times, or no clip.
select
    named_rows.place,
    named_rows.sample_key,
    coalesce(named_rows.subset, clip_sources.first_subset) as subset,
    clip_sources.clip_id,
    named_rows.clip_id as named_clip_id,
    named_rows.event_id,
    named_rows.label_id,
    named_samples.role,
    named_samples.is_positive,
    coalesce(named_samples.label_id, named_rows.label_id) as item_label_id,
    case
        when named_rows.sample_key is null then named_rows.start_seconds
        else named_samples.start_seconds
    end as start_seconds,
    case
        when named_rows.sample_key is null then named_rows.end_seconds
        else named_samples.end_seconds
    end as end_seconds,
    clip_sources.clip_seconds,
    clip_sources.audio_path,
    clip_sources.byte_offset,
    clip_sources.byte_count,
    named_rows.detector,
    named_rows.score,
    named_rows.reason
from named_rows
left join clip_sources on named_rows.clip_id = clip_sources.clip_id
left join named_samples on named_rows.place = named_samples.place
