-- One event of the synthetic strong subsets as the files have it: some sounds are taken for others.
{{ config(materialized='table') }}
with demo_events as (select * from {{ ref('demo_events') }}),

demo_mistaken_sounds as (select * from {{ ref('demo_mistaken_sounds') }})

select
    demo_events.subset,
    demo_events.clip_id,
    demo_events.start_seconds,
    demo_events.end_seconds,
    coalesce(demo_mistaken_sounds.written_label_id, demo_events.label_id) as label_id
from demo_events
left join demo_mistaken_sounds
    on
        demo_events.subset = demo_mistaken_sounds.subset
        and demo_events.clip_id = demo_mistaken_sounds.clip_id
        and demo_events.label_id = demo_mistaken_sounds.label_id
