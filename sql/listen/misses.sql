-- One event of the target that a detector does not find at its chosen threshold, since no score on
-- it reaches that, the lowest score first. Of samples and whole clips, those with the target.
with detectors as (
    select
        *,
        coalesce(threshold, cast('infinity' as double)) as least_score
    from {{ schema }}.detectors
    where detector = {{ literal(detector) }}
),

scores as (
    select scores.*
    from {{ schema }}.scores
    inner join detectors on scores.detector = detectors.detector and scores.unit = detectors.unit
),

events as (
    select
        cast(null as varchar) as sample_key,
        positive_events.subset,
        positive_events.clip_id,
        positive_events.event_id,
        any_value(positive_events.label_id) as label_id,
        any_value(positive_events.start_seconds) as start_seconds,
        any_value(positive_events.end_seconds) as end_seconds,
        max(scores.score) as score
    from {{ schema }}.positive_events
    inner join detectors
        on positive_events.subset = detectors.subset and detectors.unit in ('frame', 'framed')
    inner join scores
        on
            positive_events.clip_id = scores.clip_id
            and positive_events.start_seconds < scores.end_seconds
            and positive_events.end_seconds > scores.start_seconds
    where positive_events.end_seconds > positive_events.start_seconds
    group by positive_events.subset, positive_events.clip_id, positive_events.event_id
),

items as (
    select
        scores.sample_key,
        coalesce(detectors.subset, split_part(scores.sample_key, '/', 1)) as subset,
        scores.clip_id,
        null as event_id,
        null as label_id,
        scores.start_seconds,
        scores.end_seconds,
        scores.score
    from scores
    inner join detectors on detectors.unit in ('sample', 'clip')
    where scores.is_positive
),

found as (
    select * from events
    union all
    select * from items
)

select
    found.sample_key,
    found.subset,
    found.clip_id,
    found.event_id,
    found.label_id,
    found.start_seconds,
    found.end_seconds,
    'missed by ' || detectors.detector || coalesce(
        ': no score reaches ' || printf('%.3g', detectors.threshold),
        ', which finds nothing at so few false alarms'
    ) as reason
from found
cross join detectors
where found.score < detectors.least_score
order by
    found.score,
    found.subset,
    found.clip_id,
    found.start_seconds,
    found.event_id,
    found.sample_key
