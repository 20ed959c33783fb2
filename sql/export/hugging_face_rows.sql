-- One sample of a split, as a row of a Hugging Face dataset, with where its audio is in its file. A
-- path cannot name a part of an archive, so such samples are rows only if the audio is embedded.
-- Samples are read in ranges of their numbers, since to sort all of them would take gigabytes.
with samples as (select * from {{ ref('samples') }}),

labels as (select * from {{ ref('labels') }}),

names as (
    select map(list(labels.label_id), list(labels.display_name)) as display_names
    from labels
)

select
    {
        'bytes': cast(null as blob),
        'path': samples.audio_path
    } as audio,
    cast(samples.role in ('positive', 'weak_positive') as bigint) as label,
    samples.label_ids,
    list_transform(
        samples.label_ids,
        lambda label_id: names.display_names[label_id]  -- noqa: RF02
    ) as label_names,
    cast(samples.start_seconds as double) as start_seconds,
    cast(samples.end_seconds as double) as end_seconds,
    samples.sample_key,
    samples.role,
    samples.subset,
    samples.clip_id,
    samples.ytid,
    samples.event_id,
    samples.window_index,
    samples.label_id,
    samples.is_overlapped,
    samples.byte_offset,
    samples.byte_count
from samples
cross join names
where
    ({{ literal(is_embedded) }} or samples.byte_offset is null)
    and samples.sample_id between {{ first_sample_id }} and {{ last_sample_id }}
    and samples.split = {{ literal(split) }}
order by samples.sample_id
