-- One sample of a split and role as a cut of lhotse: a part of a recording, with one supervision.
-- Samples are read in ranges of their numbers, since to sort all of them would take gigabytes.
-- Only samples whose file is in `recordings` are cuts. A cut ends with its recording at the latest.
-- As lhotse has it, a cut of several channels is a MultiCut, whose channel is a list, and the
-- labels in audio_event are separated by semicolons.
with samples as (select * from {{ ref('samples') }}),

labels as (select * from {{ ref('labels') }}),

names as (
    select map(list(labels.label_id), list(labels.display_name)) as display_names
    from labels
),

described as (
    select
        samples.*,
        recordings.*,
        samples.role in ('positive', 'weak_positive') as is_positive,
        list_transform(
            samples.label_ids,
            lambda label_id: names.display_names[label_id]  -- noqa: RF02
        ) as label_names,
        cast(samples.start_seconds as double) as start,
        recordings.num_samples / recordings.sampling_rate as recording_seconds,
        range(recordings.channel_count) as channels,
        case
            when recordings.channel_count = 1 then to_json(0)
            else to_json(range(recordings.channel_count))
        end as channel
    from samples
    inner join recordings on samples.audio_path = recordings.audio_path
    cross join names
    where
        samples.byte_offset is null
        and samples.sample_id between {{ first_sample_id }} and {{ last_sample_id }}
        and samples.split = {{ literal(split) }}
        and samples.role = {{ literal(role) }}
),

timed as (
    select
        described.*,
        round(
            least(cast(described.end_seconds as double), described.recording_seconds)
            - described.start,
            8
        ) as duration
    from described
    where described.start < described.recording_seconds
)

select
    to_json({
        'id': timed.sample_key,
        'start': timed.start,
        'duration': timed.duration,
        'channel': timed.channel,
        'supervisions': [{
            'id': timed.sample_key,
            'recording_id': timed.ytid,
            'start': 0.0,
            'duration': timed.duration,
            'channel': timed.channel,
            'text': array_to_string(timed.label_names, '; '),
            'custom': {
                'audio_event': array_to_string(timed.label_ids, ';'),
                'label_ids': timed.label_ids,
                'label_names': timed.label_names
            }
        }],
        'recording': {
            'id': timed.ytid,
            'sources': [{
                'type': 'file',
                'channels': timed.channels,
                'source': timed.audio_path
            }],
            'sampling_rate': timed.sampling_rate,
            'num_samples': timed.num_samples,
            'duration': timed.recording_seconds,
            'channel_ids': timed.channels
        },
        'custom': {
            'target': {{ literal(target.name) }},
            'is_positive': timed.is_positive,
            'role': timed.role,
            'split': timed.split,
            'subset': timed.subset,
            'clip_id': timed.clip_id,
            'event_id': timed.event_id,
            'window_index': timed.window_index,
            'label_id': timed.label_id,
            'is_overlapped': timed.is_overlapped
        },
        'type': case when timed.channel_count = 1 then 'MonoCut' else 'MultiCut' end
    }) as cut
from timed
order by timed.sample_id
