-- One event of the target in a scored clip, with the highest score of the frames that reach into
-- it; null if the frames end before the event begins. Of the framed subset, such an event is a
-- frame without a score, which is not evaluated.
{{ config(schema='scoring') }}
with scored_items as (select * from {{ ref('scored_items') }}),

scored_clips as (select * from {{ ref('scored_clips') }}),

positive_events as (select * from {{ ref('positive_events') }}),

events as (
    select
        positive_events.event_id,
        scored_clips.clip_number,
        positive_events.label_id,
        cast(positive_events.start_seconds * 1000000 as bigint) as start_us,
        cast(positive_events.end_seconds * 1000000 as bigint) as end_us,
        positive_events.is_overlapped
    from positive_events
    inner join scored_clips
        on
            positive_events.subset = scored_clips.subset
            and positive_events.clip_id = scored_clips.clip_id
    where positive_events.end_seconds > positive_events.start_seconds
),

event_scores as (
    select
        events.clip_number,
        events.event_id,
        max(scored_items.score) as score
    from events
    inner join scored_items
        on
            events.clip_number = scored_items.clip_number
            and events.start_us < scored_items.end_us
            and events.end_us > scored_items.start_us
    group by events.clip_number, events.event_id
)

select
    events.clip_number,
    events.label_id,
    events.start_us,
    events.end_us,
    events.is_overlapped,
    event_scores.score
from events
left join event_scores
    on events.clip_number = event_scores.clip_number and events.event_id = event_scores.event_id
where {{ literal(unit) }} = 'frame' or event_scores.score is not null
