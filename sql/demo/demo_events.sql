-- One event of the synthetic strong subsets.
-- The weak labels of a clip are present in it, some of them many times, and so are others that are
-- not among its weak labels. One event in twelve starts exactly where the one before it ends.
{{ config(materialized='table') }}
with demo_labels as (select * from {{ ref('demo_labels') }}),

demo_strong_clips as (select * from {{ ref('demo_strong_clips') }}),

demo_clip_labels as (select * from {{ ref('demo_clip_labels') }}),

strong_labels as (
    select *
    from demo_labels
    where is_strong
),

ladder as (
    select
        strong_labels.label_id,
        sum(strong_labels.weight) over (order by strong_labels.label_id) - strong_labels.weight
            as from_weight,
        sum(strong_labels.weight) over () as total_weight
    from strong_labels
),

unforeseen as (
    select
        demo_strong_clips.clip_id,
        uniform({{ seed }}, 'unforeseen', demo_strong_clips.clip_id) as count_draw,
        unnest(range(cast(floor(4.5 * count_draw) as bigint))) as draw,
        uniform({{ seed }}, 'unforeseen' || draw, demo_strong_clips.clip_id)
        * (select max(ladder.total_weight) from ladder) as drawn_weight
    from demo_strong_clips
),

clip_sounds as (
    select
        demo_strong_clips.clip_id,
        demo_clip_labels.label_id
    from demo_strong_clips
    inner join demo_clip_labels
        on
            demo_strong_clips.clip_id = demo_clip_labels.clip_id
            and demo_strong_clips.weak_subset = demo_clip_labels.subset
    union
    select
        unforeseen.clip_id,
        ladder.label_id
    from unforeseen
    asof join ladder on unforeseen.drawn_weight >= ladder.from_weight
),

sounds as (
    select
        demo_strong_clips.subset,
        demo_strong_clips.clip_id,
        demo_strong_clips.clip_seconds,
        clip_sounds.label_id,
        strong_labels.typical_seconds,
        clip_sounds.clip_id || clip_sounds.label_id as position,
        least(14, 12 / strong_labels.typical_seconds)
        * pow(uniform({{ seed }}, 'events', position), 2) as further_events,
        unnest(range(1 + cast(floor(further_events) as bigint))) as number
    from clip_sounds
    inner join strong_labels on clip_sounds.label_id = strong_labels.label_id
    inner join demo_strong_clips on clip_sounds.clip_id = demo_strong_clips.clip_id
),

-- How long a sound lasts is drawn from an exponential distribution, and cut to the clip.
timed as (
    select
        sounds.*,
        cast(
            least(
                greatest(
                    -ln(1 - uniform({{ seed }}, 'duration' || sounds.number, sounds.position))
                    * sounds.typical_seconds,
                    0.03
                ),
                sounds.clip_seconds
            ) as decimal(9, 3)
        ) as event_seconds,
        cast(
            floor(
                1000 * uniform({{ seed }}, 'place' || sounds.number, sounds.position)
                * (sounds.clip_seconds - event_seconds)
            ) / 1000 as decimal(9, 3)
        ) as free_start_seconds,
        lag(free_start_seconds + event_seconds) over (
            partition by sounds.clip_id, sounds.label_id order by sounds.number
        ) as previous_end_seconds,
        uniform({{ seed }}, 'touch' || sounds.number, sounds.position) < 1 / 12.0
        and previous_end_seconds + event_seconds <= sounds.clip_seconds as is_touching
    from sounds
),

placed as (
    select
        timed.subset,
        timed.clip_id,
        cast(
            if(timed.is_touching, timed.previous_end_seconds, timed.free_start_seconds)
            as decimal(9, 3)
        ) as start_seconds,
        timed.event_seconds,
        timed.label_id
    from timed
)

select distinct
    placed.subset,
    placed.clip_id,
    placed.start_seconds,
    cast(placed.start_seconds + placed.event_seconds as decimal(9, 3)) as end_seconds,
    placed.label_id
from placed
