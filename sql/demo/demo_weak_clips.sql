-- One clip of the synthetic weak subsets, with its labels, as the official files have it.
with demo_clips as (select * from {{ ref('demo_clips') }}),

demo_clip_labels as (select * from {{ ref('demo_clip_labels') }})

select
    demo_clips.subset,
    demo_clips.ytid,
    demo_clips.start_seconds,
    demo_clips.end_seconds,
    list(demo_clip_labels.label_id order by demo_clip_labels.label_id) as label_ids
from demo_clips
inner join demo_clip_labels
    on
        demo_clips.subset = demo_clip_labels.subset
        and demo_clips.clip_id = demo_clip_labels.clip_id
group by all
order by demo_clips.subset, demo_clips.ytid
