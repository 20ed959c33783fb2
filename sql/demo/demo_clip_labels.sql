-- One label of one clip of the synthetic weak subsets: drawn by weight, often with the class above
-- it.
{{ config(materialized='table') }}
with demo_clips as (select * from {{ ref('demo_clips') }}),

demo_labels as (select * from {{ ref('demo_labels') }}),

ladder as (
    select
        demo_labels.label_id,
        sum(demo_labels.weight) over (order by demo_labels.label_id) - demo_labels.weight
            as from_weight,
        sum(demo_labels.weight) over () as total_weight
    from demo_labels
    where demo_labels.is_weak
),

draws as (
    select
        demo_clips.subset,
        demo_clips.clip_id,
        uniform({{ seed }}, 'count', demo_clips.clip_id) as count_draw,
        unnest(range(1 + cast(floor(4 * pow(count_draw, 2)) as bigint))) as draw
    from demo_clips
),

weighed as (
    select
        draws.subset,
        draws.clip_id,
        uniform({{ seed }}, 'label' || draws.draw, draws.clip_id)
        * (select max(ladder.total_weight) from ladder) as drawn_weight
    from draws
),

drawn as (
    select
        weighed.subset,
        weighed.clip_id,
        ladder.label_id
    from weighed
    asof join ladder on weighed.drawn_weight >= ladder.from_weight
),

above as (
    select
        drawn.subset,
        drawn.clip_id,
        unnest(demo_labels.parent_ids) as label_id
    from drawn
    inner join demo_labels on drawn.label_id = demo_labels.label_id
    where uniform({{ seed }}, 'parent' || drawn.label_id, drawn.clip_id) < 0.6
),

clip_labels as (
    select
        drawn.subset,
        drawn.clip_id,
        drawn.label_id
    from drawn
    union
    select
        above.subset,
        above.clip_id,
        above.label_id
    from above
    semi join ladder on above.label_id = ladder.label_id
)

select
    clip_labels.subset,
    clip_labels.clip_id,
    clip_labels.label_id
from clip_labels
order by clip_labels.subset, clip_labels.clip_id, clip_labels.label_id
