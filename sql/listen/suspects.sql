-- One label that detectors contradict, in the order of the target's suspects. A scored sample and a
-- labelled event are named; else it is a part of a clip.
with detector_suspects as (
    select
        kind,
        clip_id,
        start_seconds,
        end_seconds,
        min(subset) as subset
    from {{ schema }}.detector_suspects
    where {{ literal(detector) }} is null or detector = {{ literal(detector) }}
    group by kind, clip_id, start_seconds, end_seconds
),

suspects as (
    select
        row_number() over () as place,
        suspects.*
    from {{ schema }}.suspects
),

found as (
    select
        suspects.*,
        detector_suspects.subset
    from suspects
    inner join detector_suspects
        on
            suspects.kind = detector_suspects.kind
            and suspects.clip_id = detector_suspects.clip_id
            and suspects.start_seconds = detector_suspects.start_seconds
            and suspects.end_seconds = detector_suspects.end_seconds
),

events as (
    select
        found.place,
        min({
            'event_id': positive_events.event_id, 'label_id': positive_events.label_id
        }) as event
    from found
    inner join {{ schema }}.positive_events
        on
            found.kind = 'event'
            and found.subset = positive_events.subset
            and found.clip_id = positive_events.clip_id
            and found.start_seconds = positive_events.start_seconds
            and found.end_seconds = positive_events.end_seconds
    group by found.place
),

-- Of several samples at the same time, the one whose score is the furthest from its label.
samples as (
    select
        found.place,
        min({
            'agreement': case when found.kind = 'event' then scores.score else -scores.score end,
            'sample_key': scores.sample_key
        }) as sample
    from found
    inner join {{ schema }}.scores
        on
            scores.unit = 'sample'
            and found.subset = split_part(scores.sample_key, '/', 1)
            and found.clip_id = scores.clip_id
            and found.start_seconds = scores.start_seconds
            and found.end_seconds = scores.end_seconds
            and (found.kind = 'event') = scores.is_positive
    where {{ literal(detector) }} is null or scores.detector = {{ literal(detector) }}
    group by found.place
)

select
    samples.sample['sample_key'] as sample_key,
    found.subset,
    found.clip_id,
    events.event['event_id'] as event_id,
    events.event['label_id'] as label_id,
    found.start_seconds,
    found.end_seconds,
    case
        when found.kind = 'event' then 'labelled as the target, but scored low'
        else 'labelled without the target, but scored high'
    end
    || case
        when found.detector_count > 1 then ', by ' || found.detector_count || ' detectors' else ''
    end as reason
from found
left join events on found.place = events.place
left join samples on found.place = samples.place
order by found.place
