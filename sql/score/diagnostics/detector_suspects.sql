-- One of the hundred negatives of a detector with the highest scores, at most one of a clip without
-- the target, or of the hundred events of the target with the lowest. Their labels may be wrong.
-- Of the frames, seconds are compared: there are fewer of them.
{{ config(materialized='incremental') }}
with scored_units as (select * from {{ ref('scored_units') }}),

scored_events as (select * from {{ ref('scored_events') }}),

scored_clips as (select * from {{ ref('scored_clips') }}),

target_free_clips as (select * from {{ ref('target_free_clips') }}),

highest_negatives as (
    select
        scored_units.clip_number,
        scored_units.start_us,
        scored_units.end_us,
        scored_units.score
    from scored_units
    semi join target_free_clips on scored_units.clip_number = target_free_clips.clip_number
    where scored_units.unit = {{ literal('segment' if unit == 'frame' else unit) }}
    qualify row_number() over (
        partition by scored_units.clip_number
        order by scored_units.score desc, scored_units.start_us asc, scored_units.end_us asc
    ) = 1
),

ranked as (
    select
        'negative' as kind,
        highest_negatives.*,
        row_number() over (
            order by highest_negatives.score desc, highest_negatives.clip_number asc
        ) as rank
    from highest_negatives
    union all by name
    select
        'event' as kind,
        scored_events.clip_number,
        scored_events.start_us,
        scored_events.end_us,
        scored_events.score,
        row_number() over (order by scored_events.score, scored_events.event_number) as rank
    from scored_events
    where scored_events.score is not null
)

select
    {{ literal(detector) }} as detector,
    ranked.kind,
    ranked.rank,
    scored_clips.subset,
    scored_clips.clip_id,
    main.us_to_seconds(ranked.start_us) as start_seconds,
    main.us_to_seconds(ranked.end_us) as end_seconds,
    ranked.score
from ranked
inner join scored_clips on ranked.clip_number = scored_clips.clip_number
where ranked.rank <= 100
