-- One sound of a synthetic strong clip that its labels take for another one: one in five of a few
-- sounds, with all of its events in the clip, if nothing like it is in there too.
{{ config(materialized='table') }}
with demo_events as (select * from {{ ref('demo_events') }}),

pairs as (
    select
        pairs.target,
        pairs.target_label_id,
        pairs.other_label_id
    from (
        values
        ('gun', '/m/032s66', '/m/02dgv'), ('gun', '/m/04zjc', '/m/07r4wb8'),
        ('gun', '/m/073cg4', '/m/07rn7sz'), ('baby_cry', '/t/dd00002', '/m/07qrkrw'),
        ('snore', '/m/01d3sd', '/m/0ghcn6'), ('snore', '/m/07q0yl5', '/m/01b_21')
    ) as pairs (target, target_label_id, other_label_id)
),

mistakes as (
    select
        pairs.target,
        pairs.target_label_id as label_id,
        pairs.other_label_id as written_label_id,
        true as is_missed
    from pairs
    union all
    select
        pairs.target,
        pairs.other_label_id as label_id,
        pairs.target_label_id as written_label_id,
        false as is_missed
    from pairs
),

alone as (
    select
        demo_events.subset,
        demo_events.clip_id,
        mistakes.target,
        any_value(mistakes.label_id) as label_id
    from demo_events
    inner join mistakes on demo_events.label_id = mistakes.label_id
    group by demo_events.subset, demo_events.clip_id, mistakes.target
    having count(distinct mistakes.label_id) = 1
)

select
    alone.subset,
    alone.clip_id,
    alone.label_id,
    mistakes.written_label_id,
    mistakes.target,
    mistakes.is_missed
from alone
inner join mistakes on alone.target = mistakes.target and alone.label_id = mistakes.label_id
where uniform({{ seed }}, 'mistake' || alone.label_id, alone.clip_id) < 0.2
